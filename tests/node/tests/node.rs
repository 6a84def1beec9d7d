//! The node is what its documentation says, and leaves nothing behind.

use seawall_node_tests::{BUSYBOX, Node, Setup};

fn stdout(node: &Node, program: &str, arguments: &[&str]) -> String {
    let output = node.command(program).args(arguments).output().expect("nsenter is there");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn pods_run_and_speak() {
    let Some(node) = Setup::new().flag("kubelet", "--max-pods=17").start() else { return };
    let pod = format!(
        "apiVersion: v1
kind: Pod
metadata: {{name: a}}
spec:
  containers:
  - name: c
    image: {BUSYBOX}
    args: [sh, -c, 'echo hello; mkdir /tmp/w; echo page > /tmp/w/index.html; exec httpd -f -p 8080 -h /tmp/w']
"
    );
    node.apply(&pod).expect("it is taken");
    node.until(&["wait", "--for=condition=Ready", "pod/a", "--timeout=10s"]);
    assert_eq!(node.until(&["logs", "a"]), "hello\n");
    assert_eq!(node.until(&["exec", "a", "--", "id", "-u"]), "0\n");
    let address = node.until(&["get", "pod", "a", "-o", "jsonpath={.status.podIP}"]);
    let page =
        stdout(&node, "busybox", &["wget", "-qO-", &format!("http://{address}:8080/passwd")]);
    assert!(page.is_empty() || page.contains("root"), "{page}");
    let capacity = node.until(&["get", "node", "node1", "-o", "jsonpath={.status.capacity.pods}"]);
    assert_eq!(capacity, "17");
    let config = stdout(&node, "cat", &["/var/lib/kubelet/config.yaml"]);
    assert!(config.contains("kind: KubeletConfiguration"), "{config}");
    let processes = stdout(&node, "sh", &["-c", "cat /proc/[0-9]*/comm"]);
    for component in ["etcd", "kube-apiserver", "kubelet", "containerd", "kube-scheduler"] {
        assert!(processes.lines().any(|line| line == component), "{component} of {processes}");
    }
    let folder = node.folder().to_owned();
    drop(node);
    assert!(!folder.exists());
    let mounts = std::fs::read_to_string("/proc/self/mounts").expect("it can be read");
    assert!(!mounts.contains(folder.to_str().expect("it is text")));
}
