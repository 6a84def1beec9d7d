//! What the validator says, and where.

use std::sync::Arc;

use seawall_model::Source;
use seawall_model::document::{Limits, Node, chunks, read};
use seawall_schema::{Effect, Schema, Version};

/// Reports of a manifest of one document, each as `line: effect: message`.
fn problems(version: &str, manifest: &str) -> Vec<String> {
    let source = Arc::new(Source::new("manifest.yaml", manifest.to_owned()));
    let reading = read(&source, chunks(&source)[0], &Limits::default());
    assert!(reading.error.is_none(), "{:?}", reading.error);
    let root = reading.documents[0].root();
    let text = |key| root.get(key).and_then(Node::as_str).expect("a Kubernetes object");
    let mut found = Vec::new();
    let schema = Schema::of(version.parse().expect("a known version"));
    schema.validate(text("apiVersion"), text("kind"), root, &mut |problem| {
        let line = source.position(problem.node.anchor().start).line;
        let effect = match problem.effect() {
            Effect::Warns => "warns",
            Effect::Drops => "drops",
            Effect::Rejects => "rejects",
        };
        found.push(format!("{line}: {effect}: {problem}"));
    });
    found
}

/// The one report of a manifest, less what every report of an unknown field says.
fn problem(version: &str, manifest: &str) -> String {
    let found = problems(version, manifest);
    let [only] = &found[..] else { panic!("one problem expected: {found:#?}") };
    only.replace(
        ": the API server drops it (kubectl, with the strict validation it asks for since 1.25, refuses the object)",
        "",
    )
}

fn pod(spec: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n{spec}")
}

fn container(fields: &str) -> String {
    pod(&format!("  containers:\n  - name: app\n    image: nginx\n{fields}"))
}

#[test]
fn misspelt_fields_are_found_with_what_was_meant() {
    for (fields, said) in [
        (
            "    securityContex: {privileged: true}",
            r#"8: drops: unknown field "securityContex"; did you mean "securityContext"?"#,
        ),
        (
            "    securitycontext: {privileged: true}",
            r#"8: drops: unknown field "securitycontext"; did you mean "securityContext"?"#,
        ),
        (
            "    security_context: {privileged: true}",
            r#"8: drops: unknown field "security_context"; did you mean "securityContext"?"#,
        ),
        (
            "    securityContext: {runAsNonRot: true}",
            r#"8: drops: unknown field "runAsNonRot"; did you mean "runAsNonRoot"?"#,
        ),
        (
            "    securityContext: {readOnlyRootFileSystem: true}",
            r#"8: drops: unknown field "readOnlyRootFileSystem"; did you mean "readOnlyRootFilesystem"?"#,
        ),
        (
            "    resources: {limit: {cpu: 1}}",
            r#"8: drops: unknown field "limit"; did you mean "limits"?"#,
        ),
        ("    gizmo: 1", r#"8: drops: unknown field "gizmo""#),
    ] {
        assert_eq!(problem("1.30", &container(fields)), said);
    }
}

#[test]
fn misplaced_fields_are_found_with_where_they_belong() {
    for (manifest, said) in [
        (
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: deny\n  spec:\n    podSelector: {}\n".to_owned(),
            r#"5: drops: unknown field "spec" here; it belongs beside metadata"#,
        ),
        (
            pod("  securityContext: {privileged: false}\n  containers: [{name: a}]"),
            r#"5: drops: unknown field "privileged" here; it belongs at spec.containers[].securityContext.privileged"#,
        ),
        (
            pod("  securityContext: {allowPrivilegeEscalation: false}\n  containers: [{name: a}]"),
            r#"5: drops: unknown field "allowPrivilegeEscalation" here; it belongs at spec.containers[].securityContext.allowPrivilegeEscalation"#,
        ),
        (
            container("    runAsNonRoot: true"),
            r#"8: drops: unknown field "runAsNonRoot" here; it belongs at spec.containers[].securityContext.runAsNonRoot"#,
        ),
        (
            container("    hostNetwork: true"),
            r#"8: drops: unknown field "hostNetwork" here; it belongs at spec.hostNetwork"#,
        ),
        (
            container("    securityContext: {fsGroup: 1}"),
            r#"8: drops: unknown field "fsGroup" here; it belongs at spec.securityContext.fsGroup"#,
        ),
        (
            container("    automountServiceAccountToken: false"),
            r#"8: drops: unknown field "automountServiceAccountToken" here; it belongs at spec.automountServiceAccountToken"#,
        ),
        (
            "apiVersion: apps/v1\nkind: Deployment\nspec:\n  selector: {app: web}\n  template:\n    metadata: {labels: {app: web}}\n    spec: {containers: [{name: a}]}\n".to_owned(),
            r#"4: drops: unknown field "app" here; it belongs at spec.selector.matchLabels.app"#,
        ),
        (
            "apiVersion: apps/v1\nkind: Deployment\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    containers: [{name: a}]\n    spec: {containers: [{name: a}]}\n".to_owned(),
            r#"7: drops: unknown field "containers" here; it belongs at spec.template.spec.containers"#,
        ),
        (
            "apiVersion: batch/v1\nkind: CronJob\nspec:\n  schedule: '@daily'\n  jobTemplate:\n    spec:\n      concurrencyPolicy: Forbid\n      template:\n        spec: {containers: [{name: a}]}\n".to_owned(),
            r#"7: drops: unknown field "concurrencyPolicy" here; it belongs at spec.concurrencyPolicy"#,
        ),
    ] {
        assert_eq!(problem("1.30", &manifest), said);
    }
}

#[test]
fn a_field_of_another_version_is_told_from_a_misspelt_one() {
    let manifest = container("    securityContext: {appArmorProfile: {type: RuntimeDefault}}");
    assert_eq!(
        problem("1.29", &manifest),
        r#"8: drops: field "appArmorProfile" is unknown to Kubernetes 1.29, it came with 1.30"#
    );
    assert_eq!(problems("1.30", &manifest), Vec::<String>::new());
    let manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, clusterName: b}\n";
    assert_eq!(problems("1.24", manifest), Vec::<String>::new());
    assert_eq!(
        problem("1.25", manifest),
        r#"3: drops: field "clusterName" went with Kubernetes 1.25"#
    );
}

#[test]
fn values_of_the_wrong_type_are_found_with_the_way_out() {
    for (fields, said) in [
        (
            "    securityContext: {privileged: \"true\"}",
            r#"8: rejects: "privileged" must be a boolean, not a string: the API server rejects the object; write true without quotes"#,
        ),
        (
            "    env: [{name: PORT, value: 8080}]",
            r#"8: rejects: "value" must be a string, not an integer: the API server rejects the object; put it in quotes"#,
        ),
        (
            "    env: [{name: DEBUG, value: yes}]",
            r#"8: rejects: "value" must be a string, not a boolean: the API server rejects the object; put it in quotes"#,
        ),
        (
            "    args: [serve, 8080]",
            r#"8: rejects: this item must be a string, not an integer: the API server rejects the object; put it in quotes"#,
        ),
        (
            "    args: serve",
            r#"8: rejects: "args" must be a list, not a string: the API server rejects the object"#,
        ),
        (
            "    ports: [{containerPort: \"80\"}]",
            r#"8: rejects: "containerPort" must be an integer of 32 bits, not a string: the API server rejects the object; write it without quotes"#,
        ),
        (
            "    ports: [{containerPort: 80.5}]",
            r#"8: rejects: "containerPort" must be an integer of 32 bits, not a number with a fraction: the API server rejects the object"#,
        ),
        (
            "    ports: [{containerPort: 99999999999}]",
            r#"8: rejects: "containerPort" is not an integer of 32 bits: the API server rejects the object"#,
        ),
        (
            "    resources: {limits: {memory: 128MB}}",
            r#"8: rejects: "memory" is not a quantity such as 500m or 128Mi: the API server rejects the object"#,
        ),
        (
            "    livenessProbe: {httpGet: {port: true}}",
            r#"8: rejects: "port" must be an integer of 32 bits or a string, not a boolean: the API server rejects the object"#,
        ),
        (
            "    securityContext: privileged",
            r#"8: rejects: "securityContext" must be a map, not a string: the API server rejects the object"#,
        ),
    ] {
        assert_eq!(problem("1.30", &container(fields)), said);
    }
    let labels = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  labels: {tier: 1}\n";
    assert_eq!(
        problem("1.30", labels),
        r#"4: rejects: "tier" must be a string, not an integer: the API server rejects the object; put it in quotes"#
    );
    let secret = "apiVersion: v1\nkind: Secret\ndata:\n  password: hunter2\n";
    assert_eq!(
        problem("1.30", secret),
        r#"4: rejects: "password" is not text in base64: the API server rejects the object"#
    );
}

#[test]
fn what_kubernetes_reads_is_taken() {
    for fields in [
        "    securityContext: {privileged: yes, runAsUser: 1000.0, readOnlyRootFilesystem: on}",
        "    securityContext: null",
        "    securityContext: ~\n    args: null",
        "    resources: {limits: {cpu: 1, memory: 1e3}, requests: {cpu: 0.5, memory: 128974848}}",
        "    livenessProbe: {httpGet: {port: 80}}\n    readinessProbe: {httpGet: {port: http}}",
        "    imagePullPolicy: ''",
        "    env: [{name: A, value: '8080'}, {name: B}]",
    ] {
        assert_eq!(problems("1.30", &container(fields)), Vec::<String>::new(), "{fields}");
    }
    let times =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {creationTimestamp: 2024-01-02T03:04:05Z}\n";
    assert_eq!(problems("1.30", times), Vec::<String>::new());
    let exported = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  creationTimestamp: null\n  managedFields:\n  - {apiVersion: v1, fieldsType: FieldsV1, manager: kubectl, operation: Update, fieldsV1: {'f:data': {'f:a': {}}}}\n";
    assert_eq!(problems("1.30", exported), Vec::<String>::new());
}

#[test]
fn missing_fields_are_found_where_they_belong() {
    assert_eq!(
        problem("1.30", &pod("  hostNetwork: true\n")),
        r#"4: rejects: required field "containers" is missing: the API server rejects the object"#
    );
    assert_eq!(
        problem("1.30", &pod("  containers:\n  - image: nginx\n    name: ~\n")),
        r#"6: rejects: required field "name" is missing: the API server rejects the object"#
    );
    // Required by the OpenAPI document of old versions, defaulted by the server.
    let binding = "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nroleRef: {kind: Role, name: a}\n";
    assert_eq!(problems("1.24", binding), Vec::<String>::new());
    // What stands in status does not matter.
    let status =
        "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a}]}\nstatus: {conditions: [{}]}\n";
    assert_eq!(problems("1.30", status), Vec::<String>::new());
}

#[test]
fn values_beyond_an_enumeration_are_found() {
    assert_eq!(
        problem("1.30", &container("    imagePullPolicy: always")),
        r#"8: rejects: "imagePullPolicy" may not be "always": the API server rejects the object; did you mean "Always"?"#
    );
    assert_eq!(
        problem("1.20", &pod("  restartPolicy: Sometimes\n  containers: [{name: a}]")),
        r#"5: rejects: "restartPolicy" may not be "Sometimes": the API server rejects the object; it takes "Always", "Never", "OnFailure""#
    );
    let job = "apiVersion: batch/v1\nkind: Job\nspec:\n  podFailurePolicy: {rules: [{action: FailIndex}]}\n  template: {spec: {containers: [{name: a}]}}\n";
    assert_eq!(
        problem("1.27", job),
        r#"4: rejects: "action" may not be "FailIndex": the API server rejects the object; it takes "Count", "FailJob", "Ignore""#
    );
    assert_eq!(problems("1.28", job), Vec::<String>::new());
}

#[test]
fn api_versions_are_held_against_the_target() {
    for (version, api, said) in [
        (
            "1.24",
            "policy/v1beta1 PodDisruptionBudget",
            "warns: policy/v1beta1 PodDisruptionBudget is deprecated since Kubernetes 1.21 and not served from 1.25 on; use policy/v1 PodDisruptionBudget",
        ),
        (
            "1.25",
            "policy/v1beta1 PodSecurityPolicy",
            "rejects: policy/v1beta1 PodSecurityPolicy is not served since Kubernetes 1.25: the API server of 1.25 rejects the object",
        ),
        (
            "1.30",
            "extensions/v1beta1 Ingress",
            "rejects: extensions/v1beta1 Ingress is not served since Kubernetes 1.22: the API server of 1.30 rejects the object; use networking.k8s.io/v1 Ingress",
        ),
        (
            "1.22",
            "autoscaling/v2 HorizontalPodAutoscaler",
            "rejects: autoscaling/v2 HorizontalPodAutoscaler is served from Kubernetes 1.23 on: the API server of 1.22 rejects the object",
        ),
        (
            "1.30",
            "v1 Deployment",
            "rejects: Kubernetes 1.30 knows no v1 Deployment: the API server rejects the object; did you mean apps/v1 Deployment?",
        ),
    ] {
        let (api_version, kind) = api.split_once(' ').expect("an API");
        let manifest = format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: a}}\n");
        assert_eq!(problem(version, &manifest), format!("1: {said}"));
    }
}

#[test]
fn custom_resources_are_looked_at_for_their_metadata_alone() {
    let custom = "apiVersion: example.org/v1\nkind: Thing\nmetadata:\n  name: a\n  lables: {a: b}\nspec: {anything: [goes]}\n";
    assert_eq!(
        problem("1.30", custom),
        r#"5: drops: unknown field "lables"; did you mean "labels"?"#
    );
}

#[test]
fn a_problem_names_the_field_that_was_meant() {
    for (fields, name) in [
        ("    securityContex: {}", "securityContext"),
        ("    hostNetwork: true", "hostNetwork"),
        ("    securityContext: {privileged: 'true'}", "privileged"),
        ("    gizmo: 1", "gizmo"),
    ] {
        let manifest = container(fields);
        let source = Arc::new(Source::new("manifest.yaml", manifest));
        let reading = read(&source, chunks(&source)[0], &Limits::default());
        let mut meant = Vec::new();
        let schema = Schema::of(Version::LATEST);
        schema.validate("v1", "Pod", reading.documents[0].root(), &mut |problem| {
            meant.push(problem.meant().map(str::to_owned));
        });
        assert_eq!(meant, [Some(name.to_owned())]);
    }
}

#[test]
fn an_object_full_of_nonsense_is_answered_quickly() {
    let fields: String = (0..20_000).map(|i| format!("  nonsense{i}: x\n")).collect();
    let found = problems("1.30", &pod(&fields));
    assert_eq!(found.len(), 20_001, "every unknown field, and the missing containers");
}
