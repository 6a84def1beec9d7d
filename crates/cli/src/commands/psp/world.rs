//! What the commands are asked about: policies, rights, and workloads with whoever makes their
//! pods.

use clap::Args;
use seawall_model::document::Node;
use seawall_model::workload::{self, pods_of};
use seawall_model::{Inventory, Location, ObjectKind, Undecided};
use seawall_podsecurity::admission::{Creator, creator};
use seawall_podsecurity::psp::admit::{Asker, Question};
use seawall_podsecurity::psp::{Decision, Pod, Policy, Token, Unusable, admit};
use seawall_rbac::{Caller, Policy as Rbac, Request};

/// Who makes pods.
#[derive(Args)]
#[command(next_help_heading = "Who makes the pods")]
pub(super) struct Makers {
    /// The user who makes pods that no controller makes [default: nobody in particular, so that only
    /// the service account counts]
    #[arg(long = "as", value_name = "USER")]
    user: Option<String>,
    /// A group of that user; may be given several times
    #[arg(long = "as-group", value_name = "GROUP", requires = "user")]
    groups: Vec<String>,
    /// The controller manager runs without --use-service-account-credentials, so that all
    /// controllers are the user system:kube-controller-manager
    #[arg(long)]
    shared_controllers: bool,
    /// The namespace of objects that name none
    #[arg(long, value_name = "NAME", default_value = "default")]
    default_namespace: String,
}

/// All that is asked about.
pub(super) struct World<'a> {
    /// The policies that the plugin would use.
    pub(super) policies: Vec<Policy>,
    /// Those that it would not.
    pub(super) unusable: Vec<Unusable<'a>>,
    pub(super) rbac: Rbac,
    pub(super) workloads: Vec<Workload<'a>>,
    /// Workloads that could not be read.
    pub(super) undecided: Vec<(workload::Pod<'a>, Undecided<'a>)>,
    pub(super) default_namespace: &'a str,
    inventory: &'a Inventory,
}

/// A workload and how its pods are made.
pub(super) struct Workload<'a> {
    pub(super) view: workload::Pod<'a>,
    pub(super) namespace: &'a str,
    /// The pod as it is declared.
    pub(super) declared: Pod,
    /// The pod as the plugin sees it.
    pub(super) pod: Pod,
    /// Under which name its pods are made, where that is known.
    pub(super) maker: Option<Caller>,
}

impl<'a> World<'a> {
    /// Reads policies, rights and workloads.
    pub(super) fn new(inventory: &'a Inventory, makers: &'a Makers) -> Self {
        let (mut policies, mut unusable) = (Vec::new(), Vec::new());
        for object in inventory.of_kind(ObjectKind::PodSecurityPolicy) {
            match Policy::read(object) {
                Ok(policy) => policies.push(policy),
                Err(why) => unusable.push(why),
            }
        }
        let default_namespace = makers.default_namespace.as_str();
        let (mut workloads, mut undecided) = (Vec::new(), Vec::new());
        for view in inventory.objects().flat_map(pods_of) {
            match Pod::read(&view) {
                Ok(declared) => {
                    let namespace = view.object.namespace().unwrap_or(default_namespace);
                    let pod = as_seen(inventory, namespace, &declared);
                    let maker = makers.maker(&view, &declared);
                    workloads.push(Workload { view, namespace, declared, pod, maker });
                }
                Err(why) => undecided.push((view, why)),
            }
        }
        let rbac = Rbac::read(inventory);
        World { policies, unusable, rbac, workloads, undecided, default_namespace, inventory }
    }

    /// What the plugin decides on a workload's pods.
    pub(super) fn decide(&self, workload: &Workload<'_>) -> Decision {
        let account = workload.account_caller();
        admit(&self.policies, &workload.pod, &|question: Question<'_>| match question.asker {
            Asker::ServiceAccount => self.may_use(&account, workload.namespace, &question),
            Asker::User => workload
                .maker
                .as_ref()
                .is_some_and(|maker| self.may_use(maker, workload.namespace, &question)),
        })
    }

    /// Whether a caller may use a policy in a namespace.
    pub(super) fn may_use(&self, caller: &Caller, namespace: &str, asked: &Question<'_>) -> bool {
        let request =
            Request::resource("use", asked.group, "podsecuritypolicies", asked.policy, namespace);
        self.rbac.may(caller, &request).is_allowed()
    }

    /// The policies that a caller may use in a namespace.
    pub(super) fn usable(&self, caller: &Caller, namespace: &str) -> Vec<&str> {
        let usable = |policy: &&str| {
            ["policy", "extensions"].iter().any(|group| {
                let asked = Question { asker: Asker::User, policy, group };
                self.may_use(caller, namespace, &asked)
            })
        };
        self.policies.iter().map(|policy| policy.name.as_str()).filter(usable).collect()
    }

    /// What could not be read, for people and programs.
    pub(super) fn unread(&self) -> Vec<String> {
        let policies = self.unusable.iter().map(|unusable| {
            let name = unusable.object.name();
            format!("{}: PodSecurityPolicy {name}: {}", place(unusable.node), unusable.why)
        });
        let pods = self.undecided.iter().map(|(view, undecided)| {
            format!("{}: {}: {}", place(undecided.node), view.object.id(), undecided.why)
        });
        let roles = self.rbac.gaps().iter().map(|gap| {
            let object = self.inventory.object(gap.object as usize);
            let node = object.root().document().node(gap.node);
            format!("{}: {}: {}", place(node), object.id(), gap.why)
        });
        policies.chain(pods).chain(roles).collect()
    }
}

/// A pod after the ServiceAccount plugin.
fn as_seen(inventory: &Inventory, namespace: &str, declared: &Pod) -> Pod {
    let named = &declared.service_account;
    let name = if named.is_empty() { "default" } else { named };
    let automount = inventory
        .service_accounts(Some(namespace), name)
        .next()
        .and_then(|account| account.root().get("automountServiceAccountToken"))
        .and_then(Node::as_bool);
    let mut pod = declared.clone();
    Token { automount }.mount(&mut pod);
    pod
}

impl Makers {
    fn maker(&self, view: &workload::Pod<'_>, pod: &Pod) -> Option<Caller> {
        if pod.is_mirror() {
            let node = view.field("nodeName").map_or("", Node::text);
            return Some(Caller::new(&format!("system:node:{node}"), vec!["system:nodes".into()]));
        }
        match creator(view) {
            Creator::Controller(_) if self.shared_controllers => {
                Some(Caller::new("system:kube-controller-manager", Vec::new()))
            }
            Creator::User => self.user.as_ref().map(|user| Caller::new(user, self.groups.clone())),
            maker => maker.user().map(|user| Caller::new(&user, Vec::new())),
        }
    }
}

impl Workload<'_> {
    /// The pod's service account, as it asks.
    pub(super) fn account_caller(&self) -> Caller {
        let Workload { namespace, pod, .. } = self;
        let name = format!("system:serviceaccount:{namespace}:{}", pod.service_account);
        Caller::new(&name, Vec::new())
    }

    /// The pod's service account, for people; a mirror pod has none.
    pub(super) fn account(&self) -> String {
        match self.pod.service_account.as_str() {
            "" => "none".to_owned(),
            name => format!("{}/{name}", self.namespace),
        }
    }

    /// Who makes the pods, for people.
    pub(super) fn maker_name(&self) -> &str {
        self.maker.as_ref().map_or("", |maker| &maker.user)
    }
}

/// `file:line:column` of a value.
pub(super) fn place(node: Node<'_>) -> String {
    let source = node.document().source();
    let location = Location { source: source.clone(), span: node.anchor() };
    let at = location.start();
    format!("{}:{}:{}", source.name(), at.line, at.column)
}
