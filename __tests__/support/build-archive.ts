// node cli/run.mjs __tests__/support/build-archive.ts <function> <directory>
import { buildLambdaArchive } from '../../lambda/archive/archive';

const [functionName = '', directory = ''] = process.argv.slice(2);
console.log(buildLambdaArchive(functionName, directory));
