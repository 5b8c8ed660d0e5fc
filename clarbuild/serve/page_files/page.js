// The page of `clarbuild serve`. Everything that comes from the chain goes into text nodes.
'use strict';

const SENDER = 'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM';
const COSTS = ['runtime', 'read_count', 'read_length', 'write_count', 'write_length'];
const COST_NAMES = ['runtime', 'reads', 'read bytes', 'writes', 'write bytes'];
const TABS = { interface: 'Interface', state: 'State', code: 'Code', artifact: 'Artifact' };
const MAX_LINES = 4000;
const state = { overview: null, sender: SENDER, drawing: 0 };

// Elements: make('p', {class: 'dim'}, 'text', other, …)

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

const by = (id) => document.getElementById(id);
const number = (value) => Number(value).toLocaleString('en');
const short = (hash) => `${hash.slice(0, 10)}…${hash.slice(-6)}`;
const path = (id) => id.replace('.', '/');
const bytes = (size) => (size < 1024 ? `${size} B` : `${(size / 1024).toFixed(1)} KiB`);

async function ask(where, body) {
  const options = body === undefined ? {} : {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
  };
  const answer = await fetch(where, options);
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

// A button that works is pressed once; it is not disabled, for then it would lose the focus.
function working(button, work) {
  return async (happened) => {
    happened.preventDefault();
    if (button.ariaBusy === 'true') return;
    button.ariaBusy = 'true';
    try {
      await work();
    } finally {
      button.ariaBusy = 'false';
    }
  };
}

// What a question gave, or why it gave nothing.
async function answered(answer, question) {
  try {
    const [good, ...parts] = await question();
    answer.classList.toggle('failed', !good);
    answer.replaceChildren(...parts);
  } catch (error) {
    answer.classList.add('failed');
    answer.replaceChildren(code(error.message));
  }
}

// What all places have

function costs(row) {
  const limits = state.overview.limits;
  return make('div', { class: 'costs' }, COSTS.map((name, at) => {
    const share = Math.min(1, row[name] / limits[name]);
    const bar = share ? make('i') : null;
    if (bar) bar.style.width = `${100 * share}%`;
    const title = `${(100 * share).toPrecision(2)} % of what a block may use`;
    return make('div', { title }, make('span', {}, COST_NAMES[at]), make('b', {}, number(row[name])),
      make('div', { class: 'bar' }, bar ?? ''));
  }));
}

function table(heads, rows) {
  if (!rows.length) return make('p', { class: 'dim' }, 'none');
  return make('div', { class: 'scroll' }, make('table', {},
    make('thead', {}, make('tr', {}, heads.map((head) => make('th', { scope: 'col' }, head)))),
    make('tbody', {}, rows.map((cells) => make('tr', {}, cells.map((cell) => make('td', {}, cell)))))));
}

const code = (text) => make('code', { class: 'wrap' }, text === null ? '—' : text);
const link = (id) => make('a', { href: `#/contract/${id}/interface`, class: 'mono wrap' }, id);

function drawFacts() {
  const { epoch, block_height: height, burn_block_height: burn, contracts } = state.overview;
  const facts = { epoch, block: number(height), 'burn block': number(burn), contracts: number(contracts.length) };
  by('facts').replaceChildren(...Object.entries(facts).map(([name, value]) =>
    make('div', {}, make('dt', {}, name), make('dd', {}, value))));
}

function drawContracts() {
  const wanted = by('search').value.trim().toLowerCase();
  const here = decodeURIComponent(location.hash).split('/')[2];
  const groups = new Map();
  for (const contract of state.overview.contracts) {
    if (!contract.id.toLowerCase().includes(wanted)) continue;
    const [address, name] = contract.id.split('.');
    if (!groups.has(address)) groups.set(address, []);
    const current = contract.id === here ? 'page' : null;
    groups.get(address).push(make('li', {},
      make('a', { href: `#/contract/${contract.id}/interface`, 'aria-current': current }, name,
        make('span', { class: 'dim', title: 'functions' }, contract.functions))));
  }
  const drawn = [...groups].flatMap(([address, items]) =>
    [make('h2', { title: address }, address), make('ul', {}, items)]);
  const nothing = wanted ? 'nothing is called so' : 'no contract yet';
  by('contracts').replaceChildren(...(drawn.length ? drawn : [make('p', { class: 'empty' }, nothing)]));
  for (const place of document.querySelectorAll('.places a')) {
    const hash = location.hash || '#/';
    if (place.getAttribute('href') === hash) place.setAttribute('aria-current', 'page');
    else place.removeAttribute('aria-current');
  }
}

// Blocks

function event(row) {
  const { type, text, raw_value: _raw, topic: _topic, ...rest } = row;
  const fields = Object.entries(rest).map(([name, value]) => `${name.replace(/_/g, ' ')}: ${value}`);
  if (text !== undefined) fields.unshift(text);
  return make('pre', {}, `${type.replace(/_event$/, '').replace(/_/g, ' ')}  ${fields.join('  ')}`);
}

function outcome(row) {
  if (row.post_condition_aborted) return make('span', { class: 'tag warn' }, 'aborted');
  if (!row.ok) return make('span', { class: 'tag bad' }, 'failed');
  if (row.text && row.text.startsWith('(err')) return make('span', { class: 'tag warn' }, 'err');
  return make('span', { class: 'tag good' }, 'done');
}

function title(row) {
  if (row.kind === 'call') {
    return [link(row.contract), make('code', {}, `(${[row.function, ...row.arguments].join(' ')})`)];
  }
  if (row.kind === 'deploy') return [link(row.contract)];
  return [make('span', {}, `${number(row.amount)} µSTX to `, make('code', { class: 'wrap' }, row.recipient))];
}

function discrepancy(row) {
  const asked = [row.operation, row.contract, row.function].filter((one) => one).join(' ');
  return make('p', { class: 'discrepancy', role: 'alert' },
    make('span', { class: 'tag bad' }, 'discrepancy'), ` our Wasm did not give the interpreter's answer to `,
    code(asked), ` (${row.cause}); the interpreter answers from here on.`,
    row.report ? make('span', {}, ' Repeated by ', code(row.report)) : null);
}

function transaction(row) {
  const failure = row.error && (row.error.message || row.error.detail || `${row.error.kind}(${row.error.name})`);
  const pairs = [
    ['from', code(row.sender)], ['nonce, fee', `${row.nonce}, ${number(row.fee)} µSTX${row.sponsor ? `, paid by ${row.sponsor}` : ''}`],
    ['id', code(row.txid)],
    row.ok ? ['result', code(row.text)] : ['error', code(failure)],
  ];
  if (row.vm_error) pairs.push(['undone', row.vm_error]);
  if (row.engine === 'reference') pairs.push(['answered by', 'the interpreter']);
  if (row.events && row.events.length) pairs.push(['events', make('div', {}, row.events.map(event))]);
  return make('div', { class: 'transaction' },
    row.discrepancy ? discrepancy(row.discrepancy) : null,
    make('p', {}, outcome(row), make('b', {}, row.kind), ...title(row)),
    make('dl', { class: 'pairs' }, pairs.flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, value)])),
    row.cost ? costs(row.cost) : null);
}

function block(row) {
  const when = new Date(row.time * 1000).toISOString();
  return make('section', { class: 'card block', 'data-height': row.height },
    make('h2', {}, `Block ${number(row.height)}`,
      make('time', { datetime: when }, when.slice(0, 19).replace('T', ' ')),
      make('code', { class: 'dim', title: `state root ${row.state_index_root}` }, short(row.index_block_hash))),
    row.transactions.length ? row.transactions.map(transaction) : make('p', { class: 'dim' }, 'no transaction'));
}

async function drawBlocks(main) {
  const { blocks } = await ask('/v3/browse/blocks?count=20');
  const list = make('div', { id: 'blocks' }, blocks.map(block));
  const older = make('button', { class: 'plain', type: 'button' }, 'Older blocks');
  let last = blocks.length ? blocks[blocks.length - 1].height : 0;
  older.addEventListener('click', working(older, async () => {
    const more = (await ask(`/v3/browse/blocks?count=20&before=${last}`)).blocks;
    list.append(...more.map(block));
    older.hidden = more.length < 20;
    if (more.length) last = more[more.length - 1].height;
  }));
  older.hidden = blocks.length < 20;
  main(make('h1', {}, 'Blocks'), make('p', { class: 'dim' }, 'What was mined, the newest first, with receipts and costs.'),
    make('div', { id: 'engines' }), list, older);
  drawEngines();
}

function drawEngines() {
  const found = state.overview.engines?.discrepancy;
  by('engines')?.replaceChildren(...(found ? [make('section', { class: 'card' }, discrepancy(found))] : []));
}

async function renewBlocks() {
  const list = by('blocks');
  if (!list) return;
  const newest = Number(list.firstElementChild?.dataset.height ?? 0);
  const { blocks } = await ask('/v3/browse/blocks?count=20');
  const fresh = blocks.filter((row) => row.height > newest);
  if (by('blocks') === list) list.prepend(...fresh.map(block));
}

// Artifacts

async function drawArtifacts(main) {
  const rows = state.overview.artifacts.map((row) => [
    make('a', { href: `#/contract/${row.contracts[0]}/artifact`, class: 'mono', title: row.hash }, short(row.hash)),
    bytes(row.size), make('div', {}, row.contracts.map((id) => make('div', {}, link(id)))),
  ]);
  main(make('h1', {}, 'Artifacts'),
    make('p', { class: 'dim' }, 'Wasm by its BLAKE3 digest; contracts of one source share it.'),
    make('div', { class: 'card' }, table(['digest', 'size', 'contracts'], rows)));
}

// A contract

function drawInterface(contract) {
  if (!contract.functions.length) return [make('p', { class: 'empty' }, 'no functions')];
  return contract.functions.map((row) => {
    const signature = `${row.arguments.map((of) => `(${of.name} ${of.type})`).join(' ')} → ${row.returns}`;
    const runtime = row.runtime
      ? `runtime ${number(row.runtime[0])}${row.runtime[0] === row.runtime[1] ? '' : ` to ${number(row.runtime[1])}`}` : '';
    return make('details', { class: 'function', 'data-name': row.name },
      make('summary', {}, make('span', { class: 'name' }, row.name), make('span', { class: 'signature' }, signature),
        make('span', { class: 'dim' }, runtime),
        make('span', { class: `tag ${row.access}` }, row.access)),
      make('div', { class: 'inside' }, row.access === 'private'
        ? make('p', { class: 'dim' }, 'Only the contract itself calls it.') : callForm(contract, row)));
  });
}

function callForm(contract, row) {
  const answer = make('div', { class: 'answer', role: 'status' });
  const inputs = row.arguments.map((of) => make('input', {
    class: 'value', id: `${row.name}:${of.name}`, required: true, autocomplete: 'off', spellcheck: 'false', placeholder: example(of.type),
  }));
  const sender = make('input', { class: 'value', id: `${row.name}:sender`, required: true, value: state.sender, autocomplete: 'off', spellcheck: 'false' });
  const fields = row.arguments.flatMap((of, at) => [
    make('label', { for: inputs[at].id }, of.name, make('small', {}, of.type)), inputs[at]]);
  const button = make('button', { type: 'submit' }, 'Call');
  const submit = working(button, () => {
    state.sender = sender.value;
    return answered(answer, async () => {
      const told = await ask(`/v3/browse/call/${path(contract.id)}/${encodeURIComponent(row.name)}`,
        { sender: sender.value, arguments: inputs.map((input) => input.value) });
      return [told.okay, code(told.okay ? told.text : told.cause), costs(told.cost)];
    });
  });
  const note = row.access === 'public' ? 'Runs without being sent: a write is refused.' : null;
  return make('form', { onsubmit: submit },
    make('div', { class: 'fields' }, fields, make('label', { for: sender.id }, 'tx-sender', make('small', {}, 'principal')), sender),
    note && make('p', { class: 'dim' }, note), button, answer);
}

function example(type) {
  if (type === 'uint') return 'u1';
  if (type === 'int') return '1';
  if (type === 'bool') return 'true';
  if (type === 'principal') return `'${SENDER}`;
  if (type.startsWith('(buff')) return '0x00';
  if (type.startsWith('(string-utf8')) return 'u"text"';
  if (type.startsWith('(string-ascii')) return '"text"';
  if (type.startsWith('(optional')) return 'none';
  if (type.startsWith('(list')) return '(list …)';
  if (type.startsWith('(tuple')) return '{…}';
  return type;
}

function drawState(contract) {
  const parts = [['Variables', table(['name', 'type', 'value'],
    contract.variables.map((row) => [code(row.name), code(row.type), code(row.value)]))]];
  if (contract.maps.length) {
    parts.push(['Maps', make('div', {}, contract.maps.map((row) => mapForm(contract, row)))]);
  }
  parts.push(['Constants', table(['name', 'type', 'value'],
    contract.constants.map((row) => [code(row.name), code(row.type), code(row.value)]))]);
  if (contract.tokens.length) {
    parts.push(['Tokens', table(['name', 'kind', 'supply', 'at most'], contract.tokens.map((row) =>
      [code(row.name), row.kind, row.supply ? number(row.supply) : code(row.type ?? ''), row.limit ? number(row.limit) : '—']))]);
  }
  return parts.map(([name, drawn]) => make('section', { class: 'card' }, make('h2', {}, name), drawn));
}

function mapForm(contract, row) {
  const answer = make('div', { class: 'answer', role: 'status' });
  const key = make('input', { class: 'value', id: `map:${row.name}`, required: true, placeholder: example(row.key), autocomplete: 'off', spellcheck: 'false' });
  const button = make('button', { type: 'submit', class: 'plain' }, 'Look up');
  const look = working(button, () => answered(answer, async () => {
    const told = await ask(`/v3/browse/entry/${path(contract.id)}/${encodeURIComponent(row.name)}`, { key: key.value });
    return [true, code(told.text)];
  }));
  return make('form', { onsubmit: look },
    make('h3', {}, code(row.name), make('span', { class: 'dim' }, `  ${row.key} → ${row.value}`)),
    make('div', { class: 'fields' }, make('label', { for: key.id }, 'key', make('small', {}, row.key)), key),
    button, answer);
}

// Clarity beside Wasm

const TOKENS = /(;.*)|(u?"(?:[^"\\]|\\.)*"|0x[0-9a-fA-F]+)|(\bu?\d+\b)|((?<=\()[^\s()"{}]+)/g;

function coloured(text) {
  const parts = [];
  let at = 0;
  for (const found of text.matchAll(TOKENS)) {
    const kind = ['comment', 'string', 'number', 'word'][found.slice(1).findIndex((part) => part !== undefined)];
    parts.push(text.slice(at, found.index), make('span', { class: `t-${kind}` }, found[0]));
    at = found.index + found[0].length;
  }
  parts.push(text.slice(at));
  return make('span', { class: 'text' }, parts);
}

async function drawCode(contract) {
  const { sections } = await ask(`/v3/browse/code/${path(contract.id)}`);
  const places = new Map();
  sections.forEach(([, lines], section) => lines.forEach(([line]) => {
    if (line === null) return;
    if (!places.has(line)) places.set(line, new Map());
    const counts = places.get(line);
    counts.set(section, (counts.get(section) ?? 0) + 1);
  }));
  const right = make('div', { class: 'lines', tabindex: '0', 'aria-label': 'Wasm' });
  const choice = make('select', { 'aria-label': 'Function' }, sections.map(([name], at) => make('option', { value: at }, name)));
  let marked = null;

  const mark = (line) => {
    marked = line;
    for (const row of document.querySelectorAll('.lines .row')) row.classList.toggle('here', line !== null && row.dataset.line === String(line));
  };
  const show = (at) => {
    choice.value = at;
    const lines = sections[at][1];
    const rows = lines.slice(0, MAX_LINES).map(([line, text], row) => {
      const same = row > 0 && lines[row - 1][0] === line;
      return make('div', { class: 'row', 'data-line': line }, make('span', {}, same ? '' : line ?? ''),
        make('span', { class: 'text' }, text));
    });
    if (lines.length > MAX_LINES) {
      rows.push(make('p', {}, make('a', { href: `/v2/contracts/wasm/${path(contract.id)}?format=wat` }, `${number(lines.length - MAX_LINES)} more lines`)));
    }
    right.replaceChildren(...rows);
    right.scrollTop = 0;
    mark(marked);
  };
  const follow = (line) => {
    const counts = places.get(line);
    if (!counts) return mark(line);
    const current = Number(choice.value);
    if (!counts.has(current)) show([...counts].sort((a, b) => b[1] - a[1])[0][0]);
    mark(line);
    const first = right.querySelector('.row.here');
    if (first) right.scrollTop = first.offsetTop - right.offsetTop - 60;
    return null;
  };
  const source = contract.source.split('\n').map((text, at) => {
    const line = at + 1;
    const has = places.has(line);
    const label = has ? make('button', { type: 'button', 'aria-label': `line ${line}: show its Wasm`, onclick: () => follow(line) }, line)
      : make('span', {}, line);
    return make('div', { class: 'row', 'data-line': line, onmouseenter: () => mark(line), onclick: () => follow(line) }, label, coloured(text));
  });
  const left = make('div', { class: 'lines', tabindex: '0', 'aria-label': 'Clarity' }, source);
  right.addEventListener('click', (happened) => {
    const line = happened.target.closest('.row')?.dataset.line;
    if (!line) return;
    mark(Number(line));
    const row = left.querySelector(`[data-line="${Number(line)}"]`);
    if (row) left.scrollTop = row.offsetTop - left.offsetTop - 80;
  });
  choice.addEventListener('change', () => show(Number(choice.value)));
  const first = sections.findIndex(([, lines]) => lines.some(([line]) => line !== null));
  show(Math.max(0, first));
  const hint = places.size ? 'a line number shows its Wasm' : 'release builds have no lines';
  return [make('div', { class: 'code' },
    make('section', { class: 'pane' }, make('div', { class: 'bar-top' }, make('b', {}, 'Clarity'), make('span', { class: 'dim' }, hint)), left),
    make('section', { class: 'pane' }, make('div', { class: 'bar-top' }, make('b', {}, 'Wasm'), choice), right))];
}

function drawArtifact(contract) {
  const { inputs, contracts, ...row } = contract.artifact;
  const digest = row.hash.replace('blake3:', '');
  const answer = make('div', { class: 'answer', role: 'status' });
  const button = make('button', { type: 'button' }, 'Build anew and compare');
  button.addEventListener('click', working(button, () => answered(answer, async () => {
    const told = await ask(`/v3/artifacts/${digest}/verify`, {});
    return [told.verified, told.verified ? `The same, byte for byte, in ${told.seconds} s.` : `Different: ${told.different}.`];
  })));
  const pairs = Object.entries(row).flatMap(([name, value]) => [make('dt', {}, name.replace(/_/g, ' ')), make('dd', {}, code(String(value)))]);
  const files = ['wasm', 'wat'].flatMap((form) => [make('a', { href: `/v2/contracts/wasm/${path(contract.id)}?format=${form}` }, form), ' ']);
  return [
    make('section', { class: 'card' }, make('h2', {}, 'Provenance'), make('dl', { class: 'pairs' }, pairs,
      make('dt', {}, 'runs'), make('dd', {}, contracts.map((id) => make('div', {}, link(id)))),
      make('dt', {}, 'as a file'), make('dd', {}, files))),
    make('section', { class: 'card' }, make('h2', {}, 'Verify'), button, make('p', {}), answer),
    inputs ? make('section', { class: 'card' }, make('h2', {}, 'What its key is made of'),
      make('pre', { class: 'mono wrap' }, inputs.join('\n'))) : null,
  ];
}

async function drawContract(main, id, tab) {
  const contract = await ask(`/v3/browse/contract/${path(id)}`);
  const draw = { interface: drawInterface, state: drawState, code: drawCode, artifact: drawArtifact }[tab];
  const drawn = await draw(contract);
  const [address, name] = id.split('.');
  const { clarity_version: version, deployed_in: epoch, size } = contract.artifact;
  main(make('h1', {}, name), make('p', { class: 'dim mono wrap' }, address),
    make('p', { class: 'dim' }, `Clarity ${version}, deployed in epoch ${epoch}, Wasm of ${bytes(size)}`,
      contract.implements.length ? `, implements ${contract.implements.join(', ')}` : ''),
    make('nav', { class: 'tabs', 'aria-label': 'About the contract' }, Object.entries(TABS).map(([key, text]) =>
      make('a', { href: `#/contract/${id}/${key}`, 'aria-current': key === tab ? 'page' : null }, text))),
    ...drawn.filter(Boolean));
}

// Where to go

async function draw() {
  // What the server has is asked first, and then comes here.
  if (!state.overview) return;
  const turn = ++state.drawing;
  // A slower answer of the place before must not be drawn over this one.
  const main = (...parts) => { if (turn === state.drawing) by('main').replaceChildren(...parts); };
  const [, place, id, tab = 'interface'] = decodeURIComponent(location.hash).split('/');
  drawContracts();
  try {
    if (place === 'contract' && TABS[tab]) await drawContract(main, id, tab);
    else if (place === 'artifacts') await drawArtifacts(main);
    else await drawBlocks(main);
  } catch (error) {
    main(make('h1', {}, 'Nothing to show'), make('p', { class: 'fault', role: 'alert' }, error.message));
  }
  by('main').dataset.drawn = decodeURIComponent(location.hash);
}

async function renew() {
  state.overview = await ask('/v3/browse');
  drawFacts();
  drawContracts();
  drawEngines();
}

function live() {
  const told = (text, kind) => { by('live').textContent = text; by('live').className = `live ${kind}`; };
  const source = new EventSource('/v3/events');
  source.addEventListener('open', () => told('live', 'on'));
  source.addEventListener('error', () => told('not connected', 'off'));
  let waiting = null;
  const happened = () => {
    // Many blocks at once are asked for once.
    waiting ??= setTimeout(async () => {
      waiting = null;
      await renew();
      await renewBlocks();
    }, 250);
  };
  source.addEventListener('block', happened);
  source.addEventListener('discrepancy', happened);
}

addEventListener('hashchange', async () => {
  await draw();
  by('main').focus({ preventScroll: true });
  scrollTo(0, 0);
});
addEventListener('keydown', (happened) => {
  const inField = happened.target.closest('input, select, textarea');
  if (happened.key === '/' && !inField) {
    happened.preventDefault();
    by('search').focus();
  } else if (happened.key === 'Escape' && happened.target === by('search')) {
    by('search').value = '';
    drawContracts();
  } else if (happened.key === 'ArrowDown' || happened.key === 'ArrowUp') {
    const links = [...document.querySelectorAll('#contracts a')];
    const at = links.indexOf(document.activeElement);
    if (happened.target !== by('search') && at < 0) return;
    const next = links[at + (happened.key === 'ArrowDown' ? 1 : -1)];
    if (next || at === 0) {
      happened.preventDefault();
      (next ?? by('search')).focus();
    }
  }
});
by('search').addEventListener('input', () => { if (state.overview) drawContracts(); });
renew().then(draw).then(live).catch((error) => {
  by('main').replaceChildren(make('p', { class: 'fault', role: 'alert' }, `The server does not answer: ${error.message}`));
});
