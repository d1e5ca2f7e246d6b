import { describeWith } from '../../support/tools';
import { answers, pythonPackages } from './python';

/** A store at the manager's address whose listener is up and whose server is not: it accepts, and is silent. */
const code = `import socket
from bento_boot import login
login.TIMEOUT_S, connect = 0.2, socket.create_connection

def answer(store):
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection = lambda address, timeout: connect(server.getsockname(), timeout)
        return getattr(login, store)("127.0.0.9", "password")`;

describeWith(pythonPackages, 'a store of the manager', () => {
  test('that accepts a connection and answers nothing has not refused the password', async () => {
    const { answers: found } = await answers(code, ['postgresql', 'valkey']);
    expect(found).toEqual([{ value: null }, { value: null }]);
  });
});
