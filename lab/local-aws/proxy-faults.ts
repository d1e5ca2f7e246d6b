/** What can go wrong with a call on its way. */
export type Fault =
  /** It is turned away for now. */
  | 'throttle'
  /** It is not allowed. */
  | 'deny'
  /** This server of EC2 does not know the image yet, or S3 does not know the key; other services know everything. */
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

/**
 * Codes and states as the services give them (EC2 API Reference and Amazon S3 API Reference, "Error codes"; AWS JSON and
 * query protocols).
 */
const codes = {
  throttle: { ec2: ['RequestLimitExceeded', 503], s3: ['SlowDown', 503], others: ['ThrottlingException', 400] },
  deny: { ec2: ['UnauthorizedOperation', 403], s3: ['AccessDenied', 403], others: ['AccessDeniedException', 400] },
  miss: {
    ec2: ['InvalidAMIID.NotFound', 400],
    s3: ['InvalidAccessKeyId', 403],
    others: ['ResourceNotFoundException', 400],
  },
  expire: { ec2: ['RequestExpired', 400], s3: ['ExpiredToken', 400], others: ['ExpiredTokenException', 400] },
  break: { ec2: ['InternalError', 500], s3: ['InternalError', 500], others: ['InternalFailure', 500] },
} as const;

/** How services are spoken to; S3 alone by paths and methods. */
export type Protocol = 'query' | 'json' | 'rest';

/** An answer of HTTP. */
export interface ErrorAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** The error that a service answers, in the protocol that it is spoken to. */
export function errorAnswer(service: string, protocol: Protocol, fault: keyof typeof codes): ErrorAnswer {
  const kind = service === 'ec2' || service === 's3' ? service : 'others';
  const [code, status] = codes[fault][kind];
  const body =
    service === 'ec2'
      ? `<Response><Errors><Error><Code>${code}</Code><Message>injected</Message></Error></Errors><RequestID>0</RequestID></Response>`
      : protocol === 'rest'
        ? `<Error><Code>${code}</Code><Message>injected</Message></Error>`
        : protocol === 'query'
          ? `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>injected</Message></Error><RequestId>0</RequestId></ErrorResponse>`
          : JSON.stringify({ __type: code, message: 'injected' });
  return { status, type: protocol === 'json' ? 'application/x-amz-json-1.1' : 'text/xml', body };
}
