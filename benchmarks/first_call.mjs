// The same in clarinet-sdk: a fresh process, a session of the project, a call.
// `node first_call.mjs PACKAGES PROJECT`
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [, , folder, project] = process.argv;
const require = createRequire(pathToFileURL(`${folder}/package.json`));
const log = console.log;
for (const name of ["log", "info", "warn", "error", "debug"]) console[name] = () => {};

const { initSimnet } = await import(pathToFileURL(require.resolve("@stacks/clarinet-sdk")));
const { Cl } = await import(pathToFileURL(require.resolve("@stacks/transactions")));
process.chdir(project);
const chain = await initSimnet("./Clarinet.toml", true);
const sender = chain.getAccounts().get("deployer");
const { result } = chain.callPublicFn("counter", "increment", [], sender);
if (Cl.prettyPrint(result) !== "(ok u1)") throw new Error(Cl.prettyPrint(result));
log("{}");
