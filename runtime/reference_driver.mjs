// The Node half of runtime/reference.py: takes operations of the transaction log as JSON lines on
// standard input and answers each with one JSON line. Talks to the Wasm build of the interpreter
// itself, so that results are the bytes that it serialised.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { writeSync } from "node:fs";

// The clock stands still at the second argument, so that a chain that is made anew from its
// transactions has the times that it had.
const NOW = Number(process.argv[3]) * 1000;
globalThis.Date = class extends Date {
  constructor(...args) {
    super(...(args.length ? args : [NOW]));
  }
  static now() {
    return NOW;
  }
};

// The folder that the packages were installed into is the first argument.
const require = createRequire(pathToFileURL(`${process.argv[2]}/package.json`));
const outer = createRequire(require.resolve("@stacks/clarinet-sdk"));
const wasm = outer("@stacks/clarinet-sdk-wasm");
for (const name of ["log", "info", "warn", "error", "debug"]) console[name] = () => {};

// The project that a chain is made from: no contracts, and the two accounts of every log.
const FILES = {
  "Clarinet.toml": `[project]
name = "reference"
telemetry = false
cache_dir = "./.cache"
requirements = []
[contracts]
[repl.analysis]
passes = []
`,
  "settings/Devnet.toml": `[network]
name = "devnet"
deployment_fee_rate = 10
[accounts.deployer]
mnemonic = "twice kind fence tip hidden tilt action fragile skin nothing glory cousin green tomorrow \
spring wrist shed math olympic multiply hip blue scout claw"
balance = 100_000_000_000_000
[accounts.wallet_1]
mnemonic = "sell invite acquire kitten bamboo drastic jelly vivid peace spawn twice guilt pave pen \
trash pretty park cube fragile unaware remain midnight betray rebuild"
balance = 100_000_000_000_000
`,
};
const ROOT = "/reference";
const kept = new Map(Object.entries(FILES).map(([name, text]) => [`${ROOT}/${name}`, text]));
const normal = path => (path.startsWith("/") ? path : `${ROOT}/${path}`).replace(/\/(\.\/)+/g, "/");

async function files(action, { path, paths, content }) {
  switch (action) {
    case "vfs/exists":
      return kept.has(normal(path));
    case "vfs/readFile":
      if (!kept.has(normal(path))) throw new Error(`no file ${path}`);
      return kept.get(normal(path));
    case "vfs/readFiles":
      return Object.fromEntries(
        paths.filter(p => kept.has(normal(p))).map(p => [p, kept.get(normal(p))]));
    case "vfs/writeFile":
      return undefined;
    default:
      throw new Error(`unknown file operation ${action}`);
  }
}

let chain;
// After a crash nothing more is run until the other side has begun anew.
let crashed = false;

async function reset() {
  if (chain) chain.free();
  chain = new wasm.SDK(files, new wasm.SDKOptions(true, false, false));
  await chain.initSession(ROOT, "./Clarinet.toml", null);
}

const bytes = hex => Uint8Array.from(Buffer.from(hex.replace(/^0x/, ""), "hex"));

function answered({ result, events, costs }) {
  const cost = JSON.parse(costs);
  return {
    ok: true,
    result: result.startsWith("0x") ? result : `0x${result}`,
    events: JSON.parse(events).map(text => {
      const { event, data } = JSON.parse(text);
      const { value, ...rest } = data;
      return { type: event, ...("raw_value" in data ? rest : data) };
    }),
    cost: cost && cost.total,
  };
}

function call(method, { contract, function: name, args, sender }) {
  return answered(chain[method](new wasm.CallFnArgs(contract, name, args.map(bytes), sender)));
}

const micro = text => {
  const amount = Number(text);
  if (!Number.isSafeInteger(amount)) throw new Error(`${text} micro-STX are too many for a block`);
  return amount;
};

// What a signed transaction asks for, as blocks want it.
function asked({ op, contract, function: method, args, sender, code, clarity, to, amount }) {
  switch (op) {
    case "call": {
      // Bytes go through JSON, by their places.
      const maps = args.map(arg => ({ ...bytes(arg) }));
      return { callPublicFn: { contract, method, args_maps: maps, sender } };
    }
    case "deploy": {
      const [, address, name] = /^([^.]*)\.(.*)$/s.exec(contract);
      const options = { clarityVersion: clarity };
      return { deployContract: { name, content: code, options, sender: address } };
    }
    case "transfer":
      return { transferSTX: { amount: micro(amount), recipient: to, sender } };
    default:
      throw new Error(`unknown payload ${op}`);
  }
}

// One block: the fee goes from who pays it to nobody, then what is asked for, if anything is.
function signed({ payer, fee, sink, does }) {
  const block = [{ transferSTX: { amount: micro(fee), recipient: sink, sender: payer } }];
  if (does) block.push(asked(does));
  const answers = chain.mineBlock(block);
  const paid = answers[0].result.replace(/^0x/, "");
  if (paid !== "0703") throw new Error(`the fee was not paid: ${paid}`);
  return does ? answered(answers[1]) : {};
}

function look({ what, principal, contract, name, key }) {
  switch (what) {
    case "account":
      return { ok: true, result: chain.execute(`(stx-account '${principal})`).result };
    case "supply":
      return { ok: true, result: chain.execute("stx-liquid-supply").result };
    case "variable":
      return { ok: true, result: chain.getDataVar(contract, name) };
    case "entry":
      return { ok: true, result: chain.getMapEntry(contract, name, bytes(key)) };
    default:
      throw new Error(`unknown question ${what}`);
  }
}

function run(operation) {
  switch (operation.op) {
    case "transaction":
      return signed(operation);
    case "look":
      return look(operation);
    case "epoch":
      chain.setEpoch(operation.epoch);
      return {};
    case "mint":
      chain.mintSTX(operation.to, BigInt(operation.amount));
      return {};
    case "where":
      return {
        ok: true,
        stacks: chain.stacksBlockHeight,
        burn: chain.burnBlockHeight,
        epoch: chain.currentEpoch,
      };
    case "mine":
      if (operation.burn) chain.mineEmptyBurnBlocks(operation.burn);
      else chain.mineEmptyStacksBlocks(operation.stacks);
      return {};
    case "deploy": {
      const [, address, name] = /^([^.]*)\.(.*)$/s.exec(operation.contract);
      if (operation.boot) {
        if (chain.getContractSource(operation.contract) === undefined)
          throw new Error("no such boot contract");
        return {};
      }
      const options = new wasm.ContractOptions(operation.clarity);
      return answered(chain.deployContract(
        new wasm.DeployContractArgs(name, operation.code, options, address)));
    }
    case "call":
      return call("callPublicFn", operation);
    case "read":
      return call("callReadOnlyFn", operation);
    default:
      throw new Error(`unknown operation ${operation.op}`);
  }
}

const PREFIXES = [
  /^Contract deployment runtime error: \S+ -> /,
  /^Call contract function error: [^]*? -> /,
  /^Error calling contract function '[^']*': /,
  /^Runtime Error: /,
  /^Runtime error while interpreting [^:]*: /,
];
const VARIANT = /^(Runtime|EarlyReturn|ShortReturn|Internal|RuntimeCheck|Unchecked|Wasm)\((\w+)/;

function failed(thrown) {
  const text = PREFIXES.reduce((m, p) => m.replace(p, ""), String(thrown?.message ?? thrown));
  if (thrown instanceof WebAssembly.RuntimeError || thrown instanceof RangeError
      || /recursive use of an object|unreachable|panicked/.test(text))
    return { kind: "panic" };
  const variant = VARIANT.exec(text);
  return variant
    ? { kind: variant[1], name: variant[2] }
    : { kind: "message", message: text.slice(0, 300) };
}

const say = answer => {
  let rest = Buffer.from(JSON.stringify(answer) + "\n");
  while (rest.length) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if (error.code !== "EAGAIN") throw error; // a pipe that is full for the moment
    }
  }
};

await reset();
say({ ready: true });
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const operation = JSON.parse(line);
  if (operation.op === "reset") {
    await reset();
    say({});
    continue;
  }
  if (crashed) continue;
  try {
    say(run(operation));
  } catch (thrown) {
    const error = failed(thrown);
    crashed = error.kind === "panic";
    say({ ok: false, error });
  }
}
