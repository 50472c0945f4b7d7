// What the matrix test's TypeScript peers share: where the SDK is, and their arguments.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const installed = createRequire(new URL('../.deps/package.json', import.meta.url));

// A module of an installed package.
export const load = module => import(pathToFileURL(installed.resolve(module)).href);

// `--key value` pairs, a list for keys that repeat, up to the first word that is none.
export function parsed(args) {
  const options = { backend: [] };
  while (args[0]?.startsWith('--')) {
    const key = args.shift().slice(2);
    const value = args.shift();
    if (key === 'backend') options.backend.push(value);
    else options[key] = value;
  }
  return { options, rest: args };
}
