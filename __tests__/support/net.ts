import { once } from 'node:events';
import { connect } from 'node:net';

/** Whether anything listens on a port of this instance. */
export const isListening = async (port: number) => {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
};
