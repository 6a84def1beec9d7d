#!/bin/sh
# A node that only looks like one: files and processes in namespaces of their own, in which a
# command runs.
#
#   unshare -mpf --mount-proc sh node.sh good|bad COMMAND...
#
# Needs root. What is written goes to a temporary file system above /etc and /var/lib.
set -eu
kind=$1
shift

# Nothing of it outlives the namespace.
upper=/mnt
mount -t tmpfs tmpfs "$upper"
for directory in etc var/lib; do
    mkdir -p "$upper/$directory/upper" "$upper/$directory/work"
    mount -t overlay overlay \
        -o "lowerdir=/$directory,upperdir=$upper/$directory/upper,workdir=$upper/$directory/work" \
        "/$directory"
done

mode=600
anonymous=false
if [ "$kind" = bad ]; then
    mode=644
    anonymous=true
fi

file() {
    mkdir -p "$(dirname "$1")"
    cat >"$1"
    chmod "$mode" "$1"
}

for name in kube-apiserver kube-controller-manager kube-scheduler etcd; do
    echo "kind: Pod" | file "/etc/kubernetes/manifests/$name.yaml"
done
for name in admin scheduler controller-manager kubelet; do
    echo "kind: Config" | file "/etc/kubernetes/$name.conf"
done
echo certificate | file /etc/kubernetes/pki/ca.crt
echo key | file /etc/kubernetes/pki/ca.key
echo data | file /var/lib/etcd/default.etcd/member/snap/db
chmod 700 /var/lib/etcd /var/lib/etcd/default.etcd
echo "[Service]" | file /etc/systemd/system/kubelet.service.d/10-kubeadm.conf
if [ "$kind" = good ]; then
    file /var/lib/kubelet/config.yaml <<'END'
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication:
  anonymous:
    enabled: false
  x509:
    clientCAFile: /etc/kubernetes/pki/ca.crt
authorization:
  mode: Webhook
readOnlyPort: 0
streamingConnectionIdleTimeout: 4h0m0s
makeIPTablesUtilChains: true
rotateCertificates: true
eventRecordQPS: 5
podPidsLimit: 4096
seccompDefault: true
tlsCipherSuites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]
featureGates:
  RotateKubeletServerCertificate: true
END
else
    file /var/lib/kubelet/config.yaml <<'END'
{"authentication": {"anonymous": {"enabled": true}}, "authorization": {"mode": "AlwaysAllow"},
 "readOnlyPort": 10255, "streamingConnectionIdleTimeout": "0s", "podPidsLimit": -1,
 "eventRecordQPS": 1000000, "seccompDefault": false, "rotateCertificates": false, "tlsCertFile": null,
 "tlsCipherSuites": ["TLS_RSA_WITH_3DES_EDE_CBC_SHA"]}
END
fi

# A program of a name that does nothing: a shell by that name that waits.
programs=$upper/programs
mkdir "$programs"
start() {
    name=$1
    shift
    ln -s /bin/sh "$programs/$name"
    (cd / && PATH="$programs:$PATH" "$name" -c 'while :; do sleep 1000; done' "$@") &
}
if [ "$kind" = good ]; then
    start kube-apiserver --anonymous-auth=$anonymous --authorization-mode=Node,RBAC \
        --enable-admission-plugins=NodeRestriction,AlwaysPullImages --profiling=false \
        --audit-log-path=/var/log/audit.log --audit-log-maxage=30 --audit-log-maxbackup=10 \
        --audit-log-maxsize=100 --client-ca-file=/etc/kubernetes/pki/ca.crt \
        --etcd-cafile=/etc/kubernetes/pki/ca.crt --etcd-certfile=/a --etcd-keyfile=/b \
        --kubelet-client-certificate=/c --kubelet-client-key=/d --service-account-lookup=true \
        --tls-cert-file=/e --tls-private-key-file=/f --tls-min-version=VersionTLS12 \
        --tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 --secure-port=6443
    start kube-controller-manager --use-service-account-credentials=true --profiling=false \
        --terminated-pod-gc-threshold=10 --bind-address=127.0.0.1 --root-ca-file=/g \
        --service-account-private-key-file=/h
    start kube-scheduler --profiling=false --bind-address=127.0.0.1
    start etcd --cert-file=/a --key-file=/b --client-cert-auth=true --peer-cert-file=/c \
        --peer-key-file=/d --peer-client-cert-auth=true --trusted-ca-file=/e \
        --data-dir=/var/lib/etcd/default.etcd
    start kubelet --config=/var/lib/kubelet/config.yaml --kubeconfig=/etc/kubernetes/kubelet.conf
    start kube-proxy --config=/var/lib/kube-proxy/config.conf
else
    start kube-apiserver --anonymous-auth=$anonymous --authorization-mode=AlwaysAllow \
        --authorization-mode=RBAC --profiling --tls-cipher-suites=TLS_RSA_WITH_RC4_128_SHA, \
        --audit-log-maxage 10 --secure-port=0 --enable-admission-plugins=AlwaysAdmit \
        --request-timeout=60s --token-auth-file=/tokens
    start kube-controller-manager --terminated-pod-gc-threshold=ten --bind-address=0.0.0.0 \
        --feature-gates=RotateKubeletServerCertificate=false
    start kube-scheduler --profiling=True
    ETCD_CLIENT_CERT_AUTH=true ETCD_AUTO_TLS=true start etcd --auto-tls=true --peer-auto-tls \
        --data-dir=/var/lib/etcd/default.etcd
    start kubelet --config=/var/lib/kubelet/config.yaml --hostname-override=x --anonymous-auth
    start kube-proxy --metrics-bind-address=0.0.0.0:10249
fi
# Each must be there before anybody looks.
sleep 0.3

set +e
"$@"
status=$?
kill $(jobs -p) 2>/dev/null
exit $status
