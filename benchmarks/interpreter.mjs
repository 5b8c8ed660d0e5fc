// The interpreter's side of the benchmarks: a chain of @stacks/clarinet-sdk, used as its users use
// it, that takes orders as JSON lines (see benchmarks/contestant.py). `node interpreter.mjs FOLDER
// PROJECT`: where the packages are installed, and a project without contracts.
import { writeSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [, , folder, project] = process.argv;
const require = createRequire(pathToFileURL(`${folder}/package.json`));
const load = name => import(pathToFileURL(require.resolve(name)));
for (const name of ["log", "info", "warn", "error", "debug"]) console[name] = () => {};

process.chdir(project);

const { initSimnet } = await load("@stacks/clarinet-sdk");
const { Cl } = await load("@stacks/transactions");
const chain = await initSimnet("./Clarinet.toml", true, { trackCosts: true, trackCoverage: false });

// Arguments are made before the clock starts, as values of the library.
function prepared({ op, contract, function: name, args, sender }) {
  const values = args.map(hex => Cl.deserialize(hex));
  return op === "read"
    ? () => chain.callReadOnlyFn(contract, name, values, sender)
    : () => chain.callPublicFn(contract, name, values, sender);
}

const hex = value => `0x${Cl.serialize(value).replace(/^0x/, "")}`;

function apply(operation) {
  switch (operation.op) {
    case "epoch":
      return chain.setEpoch(operation.epoch);
    case "deploy": {
      const [address, name] = operation.contract.split(".");
      return chain.deployContract(
        name, operation.code, { clarityVersion: operation.clarity }, address);
    }
    default:
      return prepared(operation)();
  }
}

function answer(order) {
  switch (order.order) {
    case "apply":
      order.operations.forEach(apply);
      return {};
    case "time": {
      const call = prepared(order.call);
      const start = process.hrtime.bigint(), started = process.cpuUsage();
      let last;
      for (let i = 0; i < order.times; i++) last = call();
      const { user, system } = process.cpuUsage(started);
      const wall = Number(process.hrtime.bigint() - start) / 1e9;
      return { wall, processor: (user + system) / 1e6, result: hex(last.result) };
    }
    default:
      throw new Error(`unknown order ${order.order}`);
  }
}

const say = answer => writeSync(1, JSON.stringify(answer) + "\n");
say({ ready: true });
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  try {
    say(answer(JSON.parse(line)));
  } catch (thrown) {
    say({ error: String(thrown?.message ?? thrown) });
  }
}
