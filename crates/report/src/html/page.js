'use strict';
// Filters the findings. The page reads without it; with it, resources far down are kept as text
// (the noscript elements) until they are asked for, so that tens of thousands open at once.
(() => {
  const list = document.getElementById('list');
  const form = document.getElementById('filter');
  if (!list || !form) return;
  document.documentElement.classList.add('js');
  const PAGE = 100;
  const SEVERITY = { c: 'critical', h: 'high', m: 'medium', l: 'low', i: 'info' };
  const checks = form.dataset.checks.split(' ');
  const shown = document.getElementById('shown');
  const more = document.getElementById('more');
  const field = (name) => form.elements.namedItem(name);
  const number = (n) => n.toLocaleString('en');
  const decode = (text) => text.replace(/&(lt|gt|amp|quot|#39);/g,
    (_, name) => ({ lt: '<', gt: '>', amp: '&', quot: '"', '#39': "'" })[name]);
  const words = (html) => decode(html.replace(/<[^>]*>/g, '')).toLowerCase();

  // What is known of a resource: its markup, and of each of its findings severity, check and
  // whether it is suppressed.
  const START = '<details class="r"';
  const resource = (html) => {
    const about = {};
    const tag = html.slice(0, html.indexOf('>'));
    for (const [, key, value] of tag.matchAll(/ data-([a-z]+)="([^"]*)"/g)) about[key] = decode(value);
    const findings = about.f.split(' ').map((token) => ({
      severity: SEVERITY[token[0]],
      check: checks[parseInt(token.slice(1), 10)],
      suppressed: token.endsWith('-'),
    }));
    return { html, kind: about.kind, ns: about.ns, file: about.file, findings, text: null, node: null };
  };
  const resources = [];
  for (const part of list.children) {
    const html = part.tagName === 'NOSCRIPT' ? part.textContent : part.outerHTML;
    for (const piece of html.split(START).slice(1)) resources.push(resource(START + piece));
  }
  const total = resources.reduce((sum, r) => sum + r.findings.length, 0);

  const text = (r) => {
    if (!r.text) {
      const [head, ...items] = r.html.split('<li class="f');
      // Names and places of the resource belong to each of its findings.
      const common = words(head.slice(head.indexOf('>') + 1));
      r.text = items.map((item) => common + ' ' + words('<li class="f' + item.split('</li>')[0]));
    }
    return r.text;
  };

  // Offers what there is to choose from, with how often it occurs.
  const offer = (name, values) => {
    const counts = new Map();
    for (const value of values) counts.set(value, (counts.get(value) || 0) + 1);
    const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    for (const [value, count] of sorted.slice(0, 2000)) {
      const label = value === '' ? '(none)' : value;
      field(name).add(new Option(`${label} (${number(count)})`, value === '' ? '-' : value));
    }
  };
  const each = function* (of) { for (const r of resources) for (const f of r.findings) yield of(r, f); };
  offer('check', each((_, f) => f.check));
  offer('kind', each((r) => r.kind));
  offer('ns', each((r) => r.ns));

  // The filter in the address: #severity=high,critical&check=host-network&q=shop
  const read = () => {
    const hash = location.hash.slice(1);
    if (hash !== '' && !hash.includes('=')) return;
    const query = new URLSearchParams(hash);
    const severities = query.get('severity');
    for (const box of form.querySelectorAll('[name=severity]')) {
      box.checked = severities === null || severities.split(',').includes(box.value);
    }
    for (const name of ['check', 'kind', 'ns', 'file', 'q']) {
      const value = query.get(name) || '';
      const input = field(name);
      if (input.tagName === 'SELECT' && ![...input.options].some((o) => o.value === value)) {
        // What the address names and the report lacks must show nothing rather than all.
        input.add(new Option(value, value));
      }
      input.value = value;
    }
    field('suppressed').checked = query.get('suppressed') === 'yes';
  };
  const write = () => {
    const query = new URLSearchParams();
    const boxes = [...form.querySelectorAll('[name=severity]')];
    const on = boxes.filter((box) => box.checked).map((box) => box.value);
    if (on.length < boxes.length) query.set('severity', on.join(','));
    for (const name of ['check', 'kind', 'ns', 'file', 'q']) {
      if (field(name).value) query.set(name, field(name).value);
    }
    if (field('suppressed').checked) query.set('suppressed', 'yes');
    const hash = query.toString();
    history.replaceState(null, '', hash ? '#' + hash : '#findings');
  };

  let matches = [];
  let next = 0;
  let open = true;
  const build = ({ r, keep }) => {
    if (!r.node) {
      const template = document.createElement('template');
      template.innerHTML = r.html;
      r.node = template.content.firstElementChild;
    }
    r.node.querySelectorAll('.f').forEach((item, i) => { item.hidden = !keep[i]; });
    for (const part of r.node.querySelectorAll('.c')) {
      part.hidden = !part.querySelector('.f:not([hidden])');
    }
    r.node.open = open;
    return r.node;
  };
  const add = (count) => {
    list.append(...matches.slice(next, next + count).map(build));
    next = Math.min(next + count, matches.length);
    more.hidden = next >= matches.length;
    more.textContent = `Show more: ${number(matches.length - next)} more resources match`;
  };
  const apply = () => {
    const severities = new Set([...form.querySelectorAll('[name=severity]:checked')].map((b) => b.value));
    const value = (name) => field(name).value;
    const [check, kind, ns] = [value('check'), value('kind'), value('ns')];
    const file = value('file').toLowerCase();
    const query = value('q').toLowerCase().split(/\s+/).filter((word) => word);
    const suppressed = field('suppressed').checked;
    let count = 0;
    matches = [];
    for (const r of resources) {
      if (kind && r.kind !== kind) continue;
      if (ns && r.ns !== (ns === '-' ? '' : ns)) continue;
      if (file && !r.file.toLowerCase().includes(file)) continue;
      let any = 0;
      const keep = r.findings.map((f, i) => {
        const is = severities.has(f.severity) && (!check || f.check === check) &&
          (suppressed || !f.suppressed) && query.every((word) => text(r)[i].includes(word));
        any += is;
        return is;
      });
      if (any) matches.push({ r, keep });
      count += any;
    }
    list.replaceChildren();
    next = 0;
    add(PAGE);
    shown.textContent = `${number(count)} of ${number(total)} findings, in ${number(matches.length)} of ` +
      `${number(resources.length)} resources`;
  };

  let waiting = 0;
  form.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { write(); apply(); }, 120);
  });
  form.addEventListener('submit', (event) => event.preventDefault());
  const reset = () => { history.replaceState(null, '', '#findings'); location.hash = ''; };
  document.getElementById('reset').addEventListener('click', reset);
  const fold = (to) => () => {
    open = to;
    for (const node of list.children) node.open = to;
  };
  document.getElementById('unfold').addEventListener('click', fold(true));
  document.getElementById('fold').addEventListener('click', fold(false));
  more.addEventListener('click', () => add(PAGE));
  window.addEventListener('hashchange', () => {
    if (location.hash !== '' && !location.hash.includes('=')) {
      const target = document.getElementById(location.hash.slice(1));
      for (let node = target; node; node = node.parentElement) {
        if (node.tagName === 'DETAILS') node.open = true;
      }
      if (target) target.scrollIntoView();
      return;
    }
    read();
    apply();
    if (location.hash) document.getElementById('findings').scrollIntoView();
  });
  // A printer has no button to press.
  window.addEventListener('beforeprint', () => {
    if (matches.length <= 2000) add(matches.length);
    for (const node of document.querySelectorAll('details')) node.open = true;
  });
  read();
  apply();
})();
