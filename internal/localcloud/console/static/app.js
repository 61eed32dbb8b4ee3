// The console: everything that comes from the local cloud is shown as text, never as HTML.
const $ = (id) => document.getElementById(id);

// el makes an element with classes, text and children.
function el(tag, className, ...children) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  e.append(...children.filter((c) => c !== null && c !== undefined && c !== ''));
  return e;
}

const clock = (time) => {
  const t = el('time', 'dim mono', new Date(time).toLocaleTimeString([], { hour12: false }));
  t.dateTime = time;
  return t;
};

const link = (href, text) => {
  const a = el('a', '', text);
  a.href = href;
  return a;
};

// short is what tells ARNs apart: they all begin alike.
const short = (arn) => arn.replace(/^arn:aws[a-z-]*:/, '');

const kept = 300;
let requests = [];
let denials = [];
let openQueue = '';

// ---- requests

function statusTag(status) {
  const kind = status >= 500 ? 'bad' : status >= 400 ? 'warn' : 'good';
  return el('span', 'tag ' + kind, String(status));
}

function requestRow(r) {
  const row = el('tr', '',
    el('td', 'fixed', clock(r.time)),
    el('td', '', r.tenant),
    el('td', '', r.operation || r.error || '–'),
    el('td', 'wide', r.method + ' ' + r.path),
    el('td', 'num', statusTag(r.status)),
    el('td', 'num', r.ms.toFixed(r.ms < 10 ? 1 : 0)),
    el('td', '', r.cold ? el('span', 'tag warn', 'cold') : el('span', 'tag none', 'warm')));
  row.title = r.requestId;
  return row;
}

const matches = (text, filter) => filter.toLowerCase().split(/\s+/).every((word) => text.toLowerCase().includes(word));

function drawRequests() {
  const filter = $('request-filter').value;
  const shown = requests.filter((r) => matches([r.tenant, r.operation, r.method, r.path, r.status, r.error, r.requestId, r.cold ? 'cold' : 'warm'].join(' '), filter));
  $('request-rows').replaceChildren(...shown.slice(-kept).reverse().map(requestRow));
  $('request-empty').hidden = requests.length > 0;
  const times = requests.map((r) => r.ms).sort((a, b) => a - b);
  const at = (q) => times.length ? times[Math.min(times.length - 1, Math.floor(q * times.length))].toFixed(1) : '–';
  $('f-p50').textContent = at(0.5);
  $('f-p99').textContent = at(0.99);
}

// ---- denials

function statement(s) {
  const effect = el('span', 'tag ' + (s.effect === 'Deny' ? 'bad' : 'none'), s.effect);
  const failures = el('ul', '', ...(s.failures || []).map((f) => el('li', '', f)));
  return el('div', 'statement', effect, ' ', el('b', '', s.sid || 'statement'), ' of the ' + s.policy + ' policy ',
    s.matched ? 'matched' : 'did not match:', failures);
}

function denialItem(d) {
  const more = el('div', 'more', el('p', 'message', d.message));
  const statements = d.statements || [];
  if (statements.length) more.append(...statements.map(statement));
  else more.append(el('p', 'dim', 'No statement is about this action.'));
  return el('li', '', el('details', '', el('summary', '', clock(d.time), el('span', 'action', d.action), el('span', 'what', short(d.resource)),
    el('span', 'who', short(d.principal))), more));
}

function drawDenials() {
  const filter = $('denial-filter').value;
  const list = $('denial-list');
  const shown = denials.filter((d) => matches([d.principal, d.action, d.resource, d.message].join(' '), filter)).slice(-kept).reverse();
  const open = new Set([...list.querySelectorAll('details[open]')].map((e) => e.dataset.key));
  list.replaceChildren(...shown.map((d) => {
    const item = denialItem(d);
    const details = item.firstChild;
    details.dataset.key = d.time + d.action + d.resource;
    details.open = open.has(details.dataset.key);
    return item;
  }));
  $('denial-empty').hidden = denials.length > 0;
}

// ---- status

function tenantItem(t) {
  const name = el('div', 'name', el('span', 'dot ' + t.state), t.url ? link(t.url, t.id) : t.id);
  const links = el('div', 'links');
  if (t.url) links.append(link(t.url, 'Site'));
  if (t.api) links.append(link(t.api, 'API'));
  const item = el('li', '', name, el('p', 'facts', [t.billingAccount && 'account ' + t.billingAccount, t.account, t.region].filter(Boolean).join(' · ')));
  item.append(t.problem ? el('p', 'problem', t.problem) : links);
  return item;
}

const tag = (state) => el('span', 'tag ' + (/ready|enabled|ok/i.test(state) ? 'good' : /fail|problem/i.test(state) ? 'bad' : 'warn'), state);

function streamRow(s) {
  const behind = s.lagRecords ? s.lagRecords + ' · ' + s.lagMillis + ' ms' : '0';
  const state = el('td', '', tag(s.state));
  if (s.problem) state.append(el('p', 'problem', s.problem));
  return el('tr', '', el('td', '', s.source), el('td', '', s.function), state, el('td', 'num', behind));
}

function queueRow(q) {
  const button = el('button', 'link', q.name);
  button.type = 'button';
  button.addEventListener('click', () => { openQueue = openQueue === q.name ? '' : q.name; drawLetters(); });
  return el('tr', '', el('td', '', button), el('td', 'num', q.visible ? el('span', 'tag bad', String(q.visible)) : '0'), el('td', 'num', String(q.inFlight)));
}

async function drawLetters() {
  $('letters').hidden = !openQueue;
  if (!openQueue) return;
  const list = await get('api/dead-letters?queue=' + encodeURIComponent(openQueue));
  $('letters-of').textContent = openQueue;
  $('letter-list').replaceChildren(...(list || []).map((m) => el('li', '', clock(m.sent), el('pre', '', pretty(m.body)))));
  if (!list || !list.length) $('letter-list').replaceChildren(el('li', 'dim', 'The queue is empty.'));
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

// keep replaces children only when they differ, so that focus and selection stay.
function keep(target, key, make) {
  const now = JSON.stringify(key);
  if (target.dataset.key === now) return;
  target.dataset.key = now;
  target.replaceChildren(...make());
}

function drawStatus(s) {
  $('state-text').textContent = s.state + ' · ' + s.tenants.length + ' tenants';
  document.querySelector('#state .dot').className = 'dot ' + s.state;
  $('f-requests').textContent = s.requests;
  $('f-denials').textContent = s.denials;
  $('denial-count').textContent = s.denials;
  $('denial-count').classList.toggle('some', s.denials > 0);
  $('f-processes').textContent = (s.functions || []).reduce((n, f) => n + f.processes, 0);
  $('f-memory').textContent = Math.round(s.memoryBytes / 1048576);
  keep($('tenant-list'), s.tenants, () => s.tenants.map(tenantItem));
  keep($('stream-rows'), s.streams, () => (s.streams || []).map(streamRow));
  keep($('queue-rows'), s.queues, () => (s.queues || []).map(queueRow));
  const engines = (s.engines || []).map((e) => ({ ...e, memoryBytes: Math.round((e.memoryBytes || 0) / 1048576) }));
  keep($('engine-rows'), engines, () => engines.map((e) => el('tr', '', el('td', '', e.name), el('td', '', tag(e.state)), el('td', 'num', String(e.memoryBytes)), el('td', 'num', String(e.restarts || 0)))));
  const notRun = s.notRun || [];
  $('not-run').hidden = !notRun.length;
  $('not-run').querySelector('summary').textContent = notRun.length + ' types of resources are not run here';
  keep($('not-run').querySelector('ul'), notRun, () => notRun.map((line) => el('li', '', line)));
  const select = $('log-tenant');
  keep(select, s.tenants.map((t) => t.id), () => {
    const chosen = select.value;
    return [['', 'all'], ...s.tenants.map((t) => [t.id, t.id])].map(([value, text]) => {
      const o = el('option', '', text);
      o.value = value;
      o.selected = value === chosen;
      return o;
    });
  });
  if (openQueue) drawLetters();
}

// ---- logs

let lastLogs = '';

async function drawLogs() {
  const query = new URLSearchParams({ tenant: $('log-tenant').value, text: $('log-text').value });
  const lines = await get('api/logs?' + query) || [];
  const key = query + JSON.stringify(lines);
  if (key === lastLogs) return;
  lastLogs = key;
  const box = document.querySelector('.log');
  const atEnd = box.scrollTop + box.clientHeight >= box.scrollHeight - 20;
  $('log-lines').replaceChildren(...lines.map((l) => {
    const group = el('span', '', l.group);
    group.title = l.group + ' ' + l.stream;
    return el('div', 'line' + (/"level":"ERROR"|Task timed out|Error:/.test(l.text) ? ' error' : ''), clock(l.time), group, el('pre', '', l.text));
  }));
  if (!lines.length) $('log-lines').replaceChildren(el('p', 'empty', 'No line matches.'));
  if (atEnd) box.scrollTop = box.scrollHeight;
}

async function get(path) {
  try {
    const response = await fetch(path);
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

// ---- live

// Drawing is put off to the next frame, so that many events cost one.
const pending = new Set();
function soon(draw) {
  if (pending.has(draw)) return;
  pending.add(draw);
  requestAnimationFrame(() => { pending.delete(draw); draw(); });
}

function connect() {
  const events = new EventSource('api/events');
  let first = true;
  events.addEventListener('open', () => { first = true; requests = []; denials = []; });
  events.addEventListener('requests', (e) => { requests = requests.concat(JSON.parse(e.data)).slice(-500); soon(drawRequests); if ($('log-live').checked) soonLogs(); });
  events.addEventListener('denials', (e) => { denials = denials.concat(JSON.parse(e.data)).slice(-500); soon(drawDenials); });
  events.addEventListener('status', (e) => { drawStatus(JSON.parse(e.data)); if (first) { first = false; drawLogs(); } });
  events.addEventListener('error', () => {
    $('state-text').textContent = 'not reachable, trying again';
    document.querySelector('#state .dot').className = 'dot failed';
  });
}

let logTimer = 0;
function soonLogs() {
  if (!logTimer) logTimer = setTimeout(() => { logTimer = 0; drawLogs(); }, 400);
}

$('request-filter').addEventListener('input', drawRequests);
$('denial-filter').addEventListener('input', drawDenials);
$('log-form').addEventListener('submit', (e) => { e.preventDefault(); drawLogs(); });
$('log-tenant').addEventListener('change', drawLogs);
setInterval(() => { if ($('log-live').checked && !document.hidden) drawLogs(); }, 3000);
connect();
