// Records vectors.json: transactions as @stacks/transactions 7.4 makes and signs them.
// Run it in a folder where that package is installed: node vectors.mjs > vectors.json
import * as t from '@stacks/transactions';

const { Cl, Pc } = t;
const keys = [1, 2, 3].map((n) => n.toString(16).padStart(2, '0').repeat(32) + '01');
const pubs = keys.map((k) => t.privateKeyToPublic(k));
const common = { network: 'testnet', fee: 1234n, nonce: 7n };
const a = t.getAddressFromPrivateKey(keys[0], 'testnet');
const b = t.getAddressFromPrivateKey(keys[1], 'testnet');
const out = [];
const add = (name, tx, extra = {}) =>
  out.push({ name, hex: tx.serialize(), txid: tx.txid(), ...extra });

const transfer = { recipient: b, amount: 12345n, memo: 'a memo', ...common };
add('transfer', await t.makeSTXTokenTransfer({ ...transfer, senderKey: keys[0] }), { origin: a });
add(
  'transfer-uncompressed',
  await t.makeSTXTokenTransfer({ ...transfer, senderKey: keys[0].slice(0, 64) }),
  { origin: t.getAddressFromPrivateKey(keys[0].slice(0, 64), 'testnet') },
);
add(
  'transfer-to-contract',
  await t.makeSTXTokenTransfer({ ...transfer, recipient: `${b}.some-contract`, senderKey: keys[0] }),
);
add(
  'transfer-mainnet',
  await t.makeSTXTokenTransfer({
    ...transfer,
    network: 'mainnet',
    recipient: t.getAddressFromPrivateKey(keys[1], 'mainnet'),
    senderKey: keys[0],
  }),
  { origin: t.getAddressFromPrivateKey(keys[0], 'mainnet') },
);
for (const [name, more] of [
  ['multisig-sequential', { useNonSequentialMultiSig: false }],
  ['multisig-unordered', { useNonSequentialMultiSig: true }],
]) {
  for (const signers of [[0, 1], [0, 2]]) {
    const tx = await t.makeSTXTokenTransfer({
      ...transfer,
      numSignatures: 2,
      publicKeys: pubs,
      signerKeys: signers.map((n) => keys[n]),
      ...more,
    });
    add(`${name}-${signers.join('')}`, tx, {
      origin: t.addressToString({
        type: 0,
        version: 21,
        hash160: tx.auth.spendingCondition.signer,
      }),
    });
  }
}
const args = [
  Cl.int(-5), Cl.uint(5), Cl.bool(true), Cl.none(), Cl.some(Cl.buffer(new Uint8Array([1, 2]))),
  Cl.ok(Cl.stringAscii('x')), Cl.error(Cl.stringUtf8('ü')), Cl.principal(a),
  Cl.principal(`${a}.c`), Cl.list([Cl.uint(1), Cl.uint(2)]), Cl.tuple({ b: Cl.uint(1), a: Cl.int(2) }),
];
const call = {
  contractAddress: a, contractName: 'my-contract', functionName: 'do-it!', functionArgs: args,
  senderKey: keys[0], ...common,
};
add('call', await t.makeContractCall({ ...call, postConditionMode: t.PostConditionMode.Allow }));
const codes = ['willSendEq', 'willSendGt', 'willSendGte', 'willSendLt', 'willSendLte'];
const conditions = [
  ...codes.map((c) => Pc.principal(a)[c](10n).ustx()),
  ...codes.map((c) => Pc.principal(`${a}.my-contract`)[c](20n).ft(`${b}.tok`, 'coin')),
  Pc.principal(a).willSendAsset().nft(`${b}.art::piece`, Cl.uint(3)),
  Pc.principal(b).willNotSendAsset().nft(`${b}.art::piece`, Cl.tuple({ id: Cl.uint(3) })),
  Pc.origin().willSendEq(1n).ustx(),
];
add(
  'call-conditions',
  await t.makeContractCall({
    ...call, postConditions: conditions, postConditionMode: t.PostConditionMode.Deny,
  }),
);
const sponsored = await t.makeContractCall({ ...call, fee: 0n, sponsored: true });
add(
  'call-sponsored',
  await t.sponsorTransaction({
    transaction: sponsored, sponsorPrivateKey: keys[1], fee: 999n, sponsorNonce: 3n, network: 'testnet',
  }),
  { origin: a, sponsor: b },
);
const deploy = {
  contractName: 'my-contract', codeBody: '(define-public (f)\n  (ok u1))\n', senderKey: keys[0], ...common,
};
add('deploy-versioned', await t.makeContractDeploy({ ...deploy, clarityVersion: 3 }));
const { senderKey: _, ...unsigned } = deploy;
add('deploy-multisig', await t.makeContractDeploy({
  ...unsigned, numSignatures: 3, publicKeys: pubs, signerKeys: keys, clarityVersion: 2,
}));
// P2WPKH is not offered by the builders: the spending condition is made by hand.
{
  const tx = await t.makeUnsignedSTXTokenTransfer({ ...transfer, publicKey: pubs[0] });
  tx.auth.spendingCondition.hashMode = t.AddressHashMode.P2WPKH;
  tx.auth.spendingCondition.signer = t.createSingleSigSpendingCondition(
    t.AddressHashMode.P2WPKH, pubs[0], 7n, 1234n).signer;
  new t.TransactionSigner(tx).signOrigin(keys[0]);
  add('transfer-p2wpkh', tx);
}
console.log(JSON.stringify(out, null, 1));
