/** A word that this project does not use, and the word of AWS or of the field that it uses instead. */
export interface Term {
  readonly use: string;
  /** The word as the glossary in CONTRIBUTING.md#words names it. */
  readonly word: string;
  /** Its forms, in lower case. */
  readonly forms: readonly string[];
  /** Uses that stay, since they are names of AWS, of systemd, of JavaScript or of an upstream project. */
  readonly proper?: readonly RegExp[];
}

export const terms: readonly Term[] = [
  {
    use: 'instance',
    word: 'machine',
    forms: ['machine', 'machines'],
    proper: [
      // The log line that metric filters count: instances of older images log it too.
      /\bthis machine cannot take its role\b/g,
      /\bmachine images?\b/gi,
      /\b(?:state|virtual) machines?\b/gi,
      /\bmachine[-_]id\b/gi,
      /\bmachinectl\b|\bmachine\.slice\b|--machine\b/g,
      /-?\bmachine-readable\b/gi,
      // A type of images of EC2, and names and descriptions with which AWS would replace what has them.
      /(?<=imageType>|"image_type": ")machine\b/g,
      /(?<=')Machines(?=', props\))|\bmachines-filling\b|\bMachines of role\b|\bThe most that machines of\b/g,
    ],
  },
  {
    use: 'instance',
    word: 'node',
    forms: ['node', 'nodes'],
    proper: [
      /\bNode(?:\\?\.js|JS\b| \d\d)/g,
      /\bnode\d\d\b|\bnode(?=:[a-z])|\bnode_modules\b|\bnode-pty\b|\bnode-version\b|\.nvmrc/g,
      // The program, and a construct's place in its tree.
      /\bnode(?= [\w./-]+\.m?[cj]s\b)|\.node\b|@types\/node\b/g,
      /(?<=['"])node(?=['"])/g,
      /\bAWS_SDK_JS_NODE_\w+|\bNODE_(OPTIONS|ENV)\b/g,
      // An option of OpenSSL, and names with which AWS would replace a policy.
      /(?<=')-nodes(?=')|\bprover-cluster-node-boundary\b|DeploymentRoles_NodeBoundary_\w+/g,
    ],
  },
  { use: 'log, report', word: 'say', forms: ['say', 'says', 'said', 'saying'] },
  { use: 'operator, caller', word: 'somebody', forms: ['somebody'] },
  { use: 'operator, caller', word: 'whoever', forms: ['whoever'] },
  {
    use: 'validated',
    word: 'proved',
    forms: ['proved'],
    proper: [/\b(?:orders?|segments?|jobs?|blocks?)(?: (?:is|are|was|were|being|been|be))? proved\b/gi],
  },
  { use: 'notified', word: 'hear', forms: ['hear', 'hears', 'heard', 'hearing'] },
  { use: 'notified', word: 'tell', forms: ['tell', 'tells', 'told'] },
  { use: 'fires, ALARM', word: 'ring', forms: ['ring', 'rings', 'rang', 'rung', 'ringing'] },
  { use: 'suppress', word: 'silence', forms: ['silence', 'silences', 'silenced', 'silencing'] },
  { use: 'composite alarm', word: 'voice', forms: ['voice', 'voices'] },
  { use: 'image inventory', word: 'shelf', forms: ['shelf', 'shelves'] },
  {
    use: 'reconcile, converge',
    word: 'settle',
    forms: ['settle', 'settles', 'settled', 'settling'],
    proper: [/\ballSettled\b|\bPromiseSettledResult\b/g],
  },
  { use: 'rollout status', word: 'verdict', forms: ['verdict', 'verdicts'] },
  { use: 'evaluate', word: 'judge', forms: ['judge', 'judges', 'judged', 'judging'] },
  { use: 'notification', word: 'telling', forms: ['telling', 'tellings'] },
  { use: 'event', word: 'happening', forms: ['happening', 'happenings'] },
  { use: 'severity', word: 'mood', forms: ['mood', 'moods'] },
  { use: 'fault-injecting proxy', word: 'wire', forms: ['wire', 'wires'] },
  { use: 'crash injection', word: 'falling', forms: ['falling'], proper: [/\bfalling back\b/gi] },
  { use: 'truncate, format', word: 'briefly', forms: ['briefly'] },
  { use: 'again', word: 'anew', forms: ['anew'] },
  { use: 'chroot', word: 'throwaway root', forms: ['throwaway'] },
];
