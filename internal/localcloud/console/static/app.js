// The console: everything that comes from the local cloud is shown as text, never as HTML.
const $ = (id) => document.getElementById(id);

// el makes an element with classes and children; those that are empty are left out.
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

function button(className, text, onClick) {
  const b = el('button', className, text);
  b.type = 'button';
  b.addEventListener('click', onClick);
  return b;
}

const count = (n) => (n || 0).toLocaleString('en');
const millis = (ms) => ms.toFixed(ms < 10 ? 1 : 0);
const memory = (bytes) => bytes >= 1 << 30 ? (bytes / (1 << 30)).toFixed(1) + ' GB' : Math.round((bytes || 0) / (1 << 20)) + ' MB';

// short is what tells ARNs apart: they all begin alike.
const short = (arn) => arn.replace(/^arn:aws[a-z-]*:/, '');

// breakable lets long names wrap where a part ends.
function breakable(className, text) {
  const e = el('span', className);
  text.split(/(?<=[/:_])/).forEach((part, i) => e.append(...(i ? [el('wbr'), part] : [part])));
  return e;
}

const kept = 300;

// Live is a list of what happened, the latest first. It only ever adds and removes items, so that
// focus, selection, open details and the place that is scrolled to stay.
class Live {
  constructor(list, filter, empty, item) {
    Object.assign(this, { list, filter, empty, item, entries: [], nothing: empty.firstChild ? [...empty.childNodes] : [] });
    filter.addEventListener('input', () => this.draw());
  }

  add(values) {
    const fresh = document.createDocumentFragment();
    const words = this.words();
    for (const value of values) {
      const last = this.entries[this.entries.length - 1];
      const { node, text, key, again } = this.item(value, last);
      if (again) continue;
      node.hidden = !matches(text, words);
      this.entries.push({ node, text, key, value });
      fresh.prepend(node);
    }
    this.list.prepend(fresh);
    for (const gone of this.entries.splice(0, Math.max(0, this.entries.length - kept))) gone.node.remove();
    this.say();
  }

  clear() {
    this.entries = [];
    this.list.replaceChildren();
    this.say();
  }

  words() { return this.filter.value.toLowerCase().split(/\s+/).filter(Boolean); }

  draw() {
    const words = this.words();
    for (const e of this.entries) e.node.hidden = !matches(e.text, words);
    this.say();
  }

  say() {
    const shown = this.entries.some((e) => !e.node.hidden);
    this.empty.hidden = shown;
    if (this.entries.length && !shown) this.empty.textContent = 'Nothing matches the filter.';
    else if (!this.entries.length) this.empty.replaceChildren(...this.nothing);
  }
}

const matches = (text, words) => words.every((w) => text.includes(w));
const searchable = (...parts) => parts.filter(Boolean).join(' ').toLowerCase();

// ---- requests

function statusTag(status) {
  const kind = status >= 500 ? 'bad' : status >= 400 ? 'warn' : 'good';
  return el('span', 'tag ' + kind, String(status));
}

const requests = new Live($('request-rows'), $('request-filter'), $('request-empty'), (r) => {
  const find = button('link mono', r.requestId.slice(0, 8), () => searchLogs(r.requestId));
  find.title = 'Search the logs for ' + r.requestId;
  find.setAttribute('aria-label', find.title);
  const node = el('tr', '',
    el('td', 'time', clock(r.time)),
    el('td', 'tenant', r.tenant),
    el('td', 'operation', r.operation || r.error || '–'),
    el('td', 'path', el('span', 'method', r.method), ' ', breakable('', r.path)),
    el('td', 'status', statusTag(r.status)),
    el('td', 'ms num', millis(r.ms), el('span', 'unit', ' ms')),
    el('td', 'start', r.cold ? el('span', 'tag warn', 'cold') : ''),
    el('td', 'id', r.requestId ? find : ''));
  return { node, text: searchable(r.tenant, r.operation, r.method, r.path, r.status, r.error, r.requestId, r.cold ? 'cold' : 'warm') };
});

function drawTimes() {
  const times = requests.entries.map((e) => e.value.ms).sort((a, b) => a - b);
  const at = (q) => times.length ? millis(times[Math.min(times.length - 1, Math.floor(q * times.length))]) : '–';
  $('f-p50').textContent = at(0.5);
  $('f-p99').textContent = at(0.99);
}

// ---- denials

function statement(s) {
  const effect = el('span', 'tag ' + (s.effect === 'Deny' ? 'bad' : 'none'), s.effect);
  const failures = el('ul', '', ...(s.failures || []).map((f) => el('li', '', f)));
  return el('div', 'statement' + (s.matched ? ' decided' : ''), effect, ' ', el('b', '', s.sid || 'statement'), ' of the ' + s.policy + ' policy ',
    s.matched ? 'decided' : 'did not match' + ((s.failures || []).length ? ':' : ''), failures);
}

// A denial that comes again and again, as from a loop, is one item with a count.
const denials = new Live($('denial-list'), $('denial-filter'), $('denial-empty'), (d, last) => {
  const key = [d.principal, d.action, d.resource, d.message].join('\n');
  if (last && last.key === key) {
    const times = last.node.querySelector('.times');
    times.textContent = '×' + (Number(times.textContent.slice(1) || 1) + 1);
    last.node.querySelector('time').replaceWith(clock(d.time));
    return { again: true };
  }
  const summary = el('summary', '', clock(d.time), el('span', 'action', breakable('', d.action), ' ', el('span', 'times dim')), breakable('what', short(d.resource)), breakable('who', short(d.principal)));
  const more = el('div', 'more', el('p', 'message', d.message));
  const statements = d.statements || [];
  if (statements.length) more.append(...statements.map(statement));
  else more.append(el('p', 'dim', 'No statement is about this action.'));
  return { node: el('li', '', el('details', '', summary, more)), key, text: searchable(d.principal, d.action, d.resource, d.message, ...statements.map((s) => s.sid)) };
});

// announce tells screen readers of denials, at most every few seconds.
let announced = 0;
function announce(list) {
  if (Date.now() - announced < 5000 || !list.length) return;
  announced = Date.now();
  $('live').textContent = (list.length === 1 ? 'Denied: ' : list.length + ' denials, the last: ') + list[list.length - 1].action;
}

// ---- status

function tenantItem(t) {
  const dot = el('span', 'dot ' + t.state);
  dot.title = t.state;
  const name = el('div', 'name', dot, t.url ? link(t.url, t.id) : t.id, t.state === 'ready' ? '' : el('span', 'dim', t.state));
  const facts = [t.billingAccount && 'account ' + t.billingAccount, t.account, t.region].filter(Boolean);
  const links = el('div', 'links', t.url ? link(t.url, 'Site') : '', t.api ? link(t.api, 'API') : '');
  return el('li', '', name, el('p', 'facts', ...facts.map((f) => el('span', '', f))), t.problem ? el('p', 'problem', t.problem) : links);
}

const tag = (state) => el('span', 'tag ' + (/ready|enabled|ok/i.test(state) ? 'good' : /fail|problem/i.test(state) ? 'bad' : 'warn'), state);

function functionRow(f) {
  return el('tr', '', el('td', '', breakable('', f.name)), el('td', 'num', count(f.processes)), el('td', 'num', count(f.invocations)),
    el('td', 'num', f.errors ? el('span', 'tag bad', count(f.errors)) : '0'), el('td', 'num', count(f.coldStarts)), el('td', 'num', f.memoryBytes ? memory(f.memoryBytes) : '–'));
}

function streamRow(s) {
  const behind = s.lagRecords ? count(s.lagRecords) + ' · ' + count(s.lagMillis) + ' ms' : '0';
  const state = el('td', '', tag(s.state), s.problem ? el('p', 'problem', s.problem) : '');
  return el('tr', '', el('td', '', breakable('', s.source)), el('td', '', breakable('', s.function)), state, el('td', 'num', behind));
}

let openQueue = '';

function queueRow(q) {
  const b = button('link', '', () => { openQueue = openQueue === q.name ? '' : q.name; drawLetters(); });
  b.append(breakable('', q.name));
  b.dataset.focus = q.name;
  return el('tr', '', el('td', '', b), el('td', 'num', q.visible ? el('span', 'tag bad', count(q.visible)) : '0'), el('td', 'num', count(q.inFlight)));
}

let lastLetters = '';
async function drawLetters() {
  $('letters').hidden = !openQueue;
  for (const b of $('queue-rows').querySelectorAll('button')) b.setAttribute('aria-expanded', String(b.dataset.focus === openQueue));
  if (!openQueue) return;
  const list = await get('api/dead-letters?queue=' + encodeURIComponent(openQueue)) || [];
  const key = openQueue + JSON.stringify(list);
  if (key === lastLetters) return;
  lastLetters = key;
  $('letters-of').textContent = openQueue;
  $('letter-list').replaceChildren(...(list.length ? list.map((m) => el('li', '', clock(m.sent), el('pre', '', pretty(m.body)))) : [el('li', 'dim', 'The queue is empty.')]));
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

// keep replaces children only when they differ, and gives the focus back to what had it.
function keep(target, key, make) {
  const now = JSON.stringify(key) || '';
  if (target.dataset.key === now) return;
  target.dataset.key = now;
  const focused = target.contains(document.activeElement) ? document.activeElement.dataset.focus : undefined;
  target.replaceChildren(...make());
  if (focused) [...target.querySelectorAll('[data-focus]')].find((e) => e.dataset.focus === focused)?.focus();
}

// table fills a table, which is not there while it is empty.
function table(rows, list, row) {
  $(rows).closest('.scroll').hidden = !(list || []).length;
  keep($(rows), list, () => (list || []).map(row));
}

function drawStatus(s) {
  const tenants = s.tenants || [];
  $('state-text').textContent = s.state + ' · ' + tenants.length + (tenants.length === 1 ? ' tenant' : ' tenants');
  document.querySelector('#state .dot').className = 'dot ' + s.state;
  $('f-requests').textContent = count(s.requests);
  $('f-denials').textContent = count(s.denials);
  $('denial-count').textContent = count(s.denials);
  $('denial-count').classList.toggle('some', s.denials > 0);
  $('f-processes').textContent = count((s.functions || []).reduce((n, f) => n + f.processes, 0));
  $('f-memory').textContent = memory(s.memoryBytes);
  keep($('tenant-list'), tenants, () => tenants.map(tenantItem));
  table('stream-rows', s.streams, streamRow);
  table('queue-rows', s.queues, queueRow);
  table('function-rows', s.functions, functionRow);
  $('function-empty').hidden = (s.functions || []).length > 0;
  const engines = (s.engines || []).map((e) => ({ ...e, memory: memory(e.memoryBytes), memoryBytes: 0 }));
  table('engine-rows', engines, (e) => el('tr', '', el('td', '', e.name), el('td', '', tag(e.state)), el('td', 'num', e.memory), el('td', 'num', count(e.restarts))));
  const notRun = s.notRun || [];
  $('not-run').hidden = !notRun.length;
  $('not-run').querySelector('summary').textContent = notRun.length + (notRun.length === 1 ? ' type of resource is' : ' types of resources are') + ' not run here';
  keep($('not-run').querySelector('ul'), notRun, () => notRun.map((line) => el('li', '', line)));
  drawTenantChoice(tenants.map((t) => t.id));
  drawLetters();
}

function drawTenantChoice(ids) {
  const select = $('log-tenant');
  keep(select, ids, () => {
    const chosen = select.value;
    return ['', ...ids].map((id) => {
      const o = el('option', '', id || 'all');
      o.value = id;
      o.selected = id === chosen;
      return o;
    });
  });
}

// ---- logs

let lastLogs = '';

async function drawLogs() {
  const query = new URLSearchParams({ tenant: $('log-tenant').value, text: $('log-text').value });
  const lines = await get('api/logs?' + query);
  const key = query + JSON.stringify(lines);
  if (!lines || key === lastLogs) return;
  lastLogs = key;
  const box = $('log-box');
  const atEnd = box.scrollTop + box.clientHeight >= box.scrollHeight - 20;
  $('log-lines').replaceChildren(...lines.map((l) => {
    const group = el('span', '', l.group.replace(/^\/aws\/(lambda|apigateway)\//, ''));
    group.title = l.group + ' ' + l.stream;
    return el('div', 'line' + (/"level":"ERROR"|Task timed out|Error:/.test(l.text) ? ' error' : ''), clock(l.time), group, el('pre', '', l.text));
  }));
  if (!lines.length) $('log-lines').replaceChildren(el('p', 'empty', 'No line matches.'));
  if (atEnd) box.scrollTop = box.scrollHeight;
}

function searchLogs(text) {
  $('log-tenant').value = '';
  $('log-text').value = text;
  $('logs').scrollIntoView();
  $('log-text').focus({ preventScroll: true });
  drawLogs();
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

function connect() {
  const events = new EventSource('api/events');
  let first = true;
  events.addEventListener('open', () => { first = true; requests.clear(); denials.clear(); drawTimes(); });
  events.addEventListener('requests', (e) => { requests.add(JSON.parse(e.data)); drawTimes(); if ($('log-live').checked) soonLogs(); });
  events.addEventListener('denials', (e) => { const list = JSON.parse(e.data); denials.add(list); if (!first) announce(list); });
  events.addEventListener('status', (e) => { drawStatus(JSON.parse(e.data)); if (first) { first = false; drawLogs(); } });
  events.addEventListener('error', () => {
    $('state-text').textContent = 'not reachable, trying again';
    document.querySelector('#state .dot').className = 'dot failed';
  });
}

let logTimer = 0;
function soonLogs() {
  if (!logTimer && !document.hidden) logTimer = setTimeout(() => { logTimer = 0; drawLogs(); }, 1000);
}

$('log-form').addEventListener('submit', (e) => { e.preventDefault(); drawLogs(); });
$('log-tenant').addEventListener('change', drawLogs);
setInterval(() => { if ($('log-live').checked && !document.hidden) drawLogs(); }, 3000);
connect();
