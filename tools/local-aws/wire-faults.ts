import type { ServerResponse } from 'node:http';

/** What can go wrong with a call on its way. */
export type Fault =
  /** It is turned away for now. */
  | 'throttle'
  /** It is not allowed. */
  | 'deny'
  /** This server of EC2 does not know the image yet; other services know everything. */
  | 'miss'
  /** The session that it is signed with has ended. */
  | 'expire'
  /** The service breaks. */
  | 'break'
  /** No answer ever comes; the call is not done. */
  | 'hang'
  /** It is done, but the answer is lost. */
  | 'lose'
  /** It is done, after 100 ms. */
  | 'delay';

/** Codes and states as the services give them (EC2 API Reference, "Error codes"; AWS JSON and query protocols). */
const codes = {
  throttle: { ec2: 'RequestLimitExceeded', others: 'ThrottlingException', status: { ec2: 503, others: 400 } },
  deny: { ec2: 'UnauthorizedOperation', others: 'AccessDeniedException', status: { ec2: 403, others: 400 } },
  miss: { ec2: 'InvalidAMIID.NotFound', others: 'ResourceNotFoundException', status: { ec2: 400, others: 400 } },
  expire: { ec2: 'RequestExpired', others: 'ExpiredTokenException', status: { ec2: 400, others: 400 } },
  break: { ec2: 'InternalError', others: 'InternalFailure', status: { ec2: 500, others: 500 } },
} as const;

/** Answers a call with an error, in the protocol of its service. */
export function answerWithError(
  response: ServerResponse,
  service: string,
  protocol: 'query' | 'json',
  fault: keyof typeof codes,
): void {
  const kind = service === 'ec2' ? 'ec2' : 'others';
  const code = codes[fault][kind];
  const body =
    service === 'ec2'
      ? `<Response><Errors><Error><Code>${code}</Code><Message>injected</Message></Error></Errors><RequestID>0</RequestID></Response>`
      : protocol === 'query'
        ? `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>injected</Message></Error><RequestId>0</RequestId></ErrorResponse>`
        : JSON.stringify({ __type: code, message: 'injected' });
  const type = protocol === 'query' ? 'text/xml' : 'application/x-amz-json-1.1';
  response.writeHead(codes[fault].status[kind], { 'content-type': type }).end(body);
}
