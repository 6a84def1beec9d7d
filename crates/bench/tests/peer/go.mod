module seawall/kubebench-peer

go 1.26

require github.com/aquasecurity/kube-bench v0.15.6
