//! The picture as a page that stands on its own: the SVG, a search, and what a click shows.

use super::svg::{escaped, svg};
use super::{Graph, NodeKind};

const STYLE: &str = "
body{margin:0;font:14px system-ui,sans-serif;color:#1b2733;background:#fff}
header{position:sticky;top:0;background:#fff;border-bottom:1px solid #d7dee5;padding:10px 24px;
display:flex;gap:16px;align-items:center;flex-wrap:wrap}
h1{font-size:16px;margin:0}input{font:inherit;padding:4px 8px;min-width:240px}
.key{display:flex;gap:10px;font-size:12px;color:#5a6b7b}.key i{display:inline-block;width:12px;
height:12px;border:1px solid #5a6b7b;vertical-align:-2px;margin-right:4px}
#picture{overflow:auto}#detail{position:fixed;right:16px;bottom:16px;max-width:520px;max-height:50vh;
overflow:auto;background:#fff;border:1px solid #93a3b3;border-radius:6px;padding:10px 14px;
box-shadow:0 2px 12px #0003;white-space:pre-wrap;font:12px ui-monospace,Menlo,Consolas,monospace}
#detail:empty{display:none}.node{cursor:pointer}svg .dim{opacity:.12}
svg .edge.lit{stroke:#1b4f8f;stroke-width:2}
";

/// Names are read from the picture itself, and put back as text alone.
const SCRIPT: &str = "
const svg=document.querySelector('svg'),nodes=[...svg.querySelectorAll('.node')],
edges=[...svg.querySelectorAll('.edge')],detail=document.getElementById('detail'),
search=document.getElementById('search');
const next=new Map(),before=new Map();
for(const e of edges){const f=e.dataset.from,t=e.dataset.to;
(next.get(f)||next.set(f,[]).get(f)).push(t);(before.get(t)||before.set(t,[]).get(t)).push(f);}
function walk(starts,map){const seen=new Set(starts),wait=[...starts];
while(wait.length)for(const n of map.get(wait.pop())||[])if(!seen.has(n)){seen.add(n);wait.push(n);}
return seen;}
function light(starts){const on=new Set([...walk(starts,next),...walk(starts,before)]);
for(const n of nodes)n.classList.toggle('dim',starts.length>0&&!on.has(n.dataset.node));
for(const e of edges){const lit=on.has(e.dataset.from)&&on.has(e.dataset.to);
e.classList.toggle('dim',starts.length>0&&!lit);e.classList.toggle('lit',starts.length>0&&lit);}}
function clear(){search.value='';detail.textContent='';light([]);}
for(const n of nodes)n.addEventListener('click',event=>{event.stopPropagation();
detail.textContent=n.querySelector('title').textContent;light([n.dataset.node]);});
svg.addEventListener('click',clear);
document.addEventListener('keydown',event=>{if(event.key==='Escape')clear();});
search.addEventListener('input',()=>{const asked=search.value.trim().toLowerCase();
detail.textContent='';
const found=asked?nodes.filter(n=>n.querySelector('title').textContent.toLowerCase().includes(asked)):[];
light(found.map(n=>n.dataset.node));
if(asked&&!found.length)detail.textContent='Nothing is called so.';
if(found.length)found[0].scrollIntoView({block:'center',inline:'nearest'});});
";

/// As a page.
pub fn html(graph: &Graph) -> String {
    let count = |kind| graph.nodes.iter().filter(|node| node.kind == kind).count();
    let about = format!(
        "{} subjects, {} bindings, {} roles",
        count(NodeKind::Subject),
        count(NodeKind::Binding),
        count(NodeKind::Role)
    );
    let key: String = [
        ("#f6b8b0", "critical"),
        ("#fbd5b5", "high"),
        ("#fbeeb8", "medium"),
        ("#e3eedb", "low"),
        ("#eef1f5", "no risk known"),
    ]
    .iter()
    .map(|(colour, word)| format!("<span><i style=\"background:{colour}\"></i>{word}</span>"))
    .collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n\
         <title>RBAC: {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<header><h1>Who may do \
         what</h1><span>{}</span><input id=\"search\" type=\"search\" placeholder=\"Find a subject, \
         role or rule\" aria-label=\"Find\"><span class=\"key\">{key}</span></header>\n\
         <div id=\"picture\">\n{}</div>\n<div id=\"detail\" role=\"status\"></div>\n\
         <script>{SCRIPT}</script>\n</body>\n</html>\n",
        escaped(&about),
        escaped(&about),
        svg(graph)
    )
}
