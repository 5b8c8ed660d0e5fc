// What a stock client does against `clarbuild serve`: node client.mjs URL SAMPLE_PROJECTS
import { readFileSync } from 'node:fs';
import * as t from '@stacks/transactions';

const { Cl } = t;
const [url, samples] = process.argv.slice(2);
const network = { ...(await import('@stacks/network')).STACKS_TESTNET, client: { baseUrl: url } };
const deployerKey = '753b7cc01a1a2e86221266a154af739463fce51219d97e4f856cd7200c3bd2a601';
const walletKey = '7287ba251d44a4d3fd9276c88ce34c5c52a038955511cccaf77e61068649c17801';
const deployer = t.getAddressFromPrivateKey(deployerKey, 'testnet');
const wallet = t.getAddressFromPrivateKey(walletKey, 'testnet');
const out = {};

const send = async (name, transaction) => {
  const answer = await t.broadcastTransaction({ transaction, network });
  out[name] = answer.txid === transaction.txid() ? 'sent' : answer;
  const receipt = await fetch(`${url}/v3/transaction/${transaction.txid()}`);
  if (receipt.ok) out[`${name}-receipt`] = await receipt.json();
};
const source = (project, name) =>
  readFileSync(`${samples}/${project}/contracts/${name}.clar`, 'utf-8');

// Fees and nonces are asked of the server where they aren't given.
for (const [project, name] of [['counter', 'counter'], ['token', 'ft-trait'], ['token', 'token']]) {
  await send(`deploy-${name}`, await t.makeContractDeploy({
    contractName: name, codeBody: source(project, name), senderKey: deployerKey, network,
    clarityVersion: 3, postConditionMode: t.PostConditionMode.Allow,
  }));
}
const counter = { contractAddress: deployer, contractName: 'counter', network };
await send('add', await t.makeContractCall({
  ...counter, functionName: 'add', functionArgs: [Cl.uint(5)], senderKey: walletKey,
  validateWithAbi: true,
}));
await send('transfer', await t.makeSTXTokenTransfer({
  recipient: deployer, amount: 1000n, memo: 'hello', senderKey: walletKey, network,
}));
await send('bad-nonce', await t.makeSTXTokenTransfer({
  recipient: deployer, amount: 1000n, senderKey: walletKey, network, nonce: 99n,
}));
const sponsored = await t.makeContractCall({
  ...counter, functionName: 'increment', functionArgs: [], senderKey: walletKey, sponsored: true,
  fee: 0n,
});
await send('sponsored', await t.sponsorTransaction({
  transaction: sponsored, sponsorPrivateKey: deployerKey, network, fee: 2000n,
  sponsorNonce: await t.fetchNonce({ address: deployer, network }),
}));
const read = async (functionName, functionArgs) =>
  t.cvToString(await t.fetchCallReadOnlyFunction({
    ...counter, functionName, functionArgs, senderAddress: wallet,
  }));
out.total = await read('get-total', []);
out.mine = await read('get-count', [Cl.principal(wallet)]);
out.entry = t.cvToString(await t.fetchContractMapEntry({
  ...counter, mapName: 'counts', mapKey: Cl.principal(wallet),
}));
out.missing = t.cvToString(await t.fetchContractMapEntry({
  ...counter, mapName: 'counts', mapKey: Cl.principal(deployer),
}));
const unsigned = await t.makeUnsignedContractCall({
  ...counter, functionName: 'add', functionArgs: [Cl.uint(5)], fee: 0n, nonce: 0n,
  publicKey: t.privateKeyToPublic(walletKey),
});
out.fees = (await t.fetchFeeEstimateTransaction({
  payload: t.serializePayload(unsigned.payload), estimatedLength: 300, network,
})).map(({ fee }) => fee);
out.transferFee = Number(await t.fetchFeeEstimateTransfer({ transaction: unsigned, network }));
out.estimated = Number(await t.fetchFeeEstimate({ transaction: unsigned, network }));
out.size = unsigned.serialize().length / 2;
const failing = await t.fetchCallReadOnlyFunction({
  ...counter, functionName: 'increment', functionArgs: [], senderAddress: wallet,
}).catch((error) => error.message);
out.refused = String(failing);
out.nonce = Number(await t.fetchNonce({ address: wallet, network }));
out.abi = (await t.fetchAbi(counter)).functions.map((f) => f.name).sort();
console.log(JSON.stringify(out));
