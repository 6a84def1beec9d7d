#!/bin/sh
# Makes the certificates beside it anew, without their keys: sh make.sh
#
# Needs OpenSSL 3. The tests look at them on 2026-06-01.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$(mktemp -d)"
touch index
cat >ca.cnf <<'END'
[ca]
default_ca = own
[own]
dir = .
database = index
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
organizationName = optional
END
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=authority \
    -days 36500 -keyout ca.key -out ca.pem 2>/dev/null

# certificate NAME KEY START END [DIGEST]
certificate() {
    key=$2
    openssl genpkey -quiet -algorithm "${key%%:*}" ${key#*:} -out "$1.key"
    openssl req -new -key "$1.key" -subj "/O=group/CN=$1" -out "$1.csr"
    openssl ca -batch -config ca.cnf -cert ca.pem -keyfile ca.key -in "$1.csr" -notext \
        -startdate "$3" -enddate "$4" -md "${5:-sha256}" -out "$here/$1.pem" 2>/dev/null
}
rsa="RSA:-pkeyopt rsa_keygen_bits"
ec="EC:-pkeyopt ec_paramgen_curve"
certificate good "$rsa:2048" 20200101000000Z 20990101000000Z
certificate elliptic "$ec:P-256" 20200101000000Z 20990101000000Z
certificate edwards "ED25519:" 20200101000000Z 20990101000000Z
certificate weak "$rsa:1024" 20200101000000Z 20990101000000Z
certificate short "$ec:secp192k1" 20200101000000Z 20990101000000Z
certificate ended "$ec:P-256" 20200101000000Z 20260531000000Z
certificate ending "$ec:P-256" 20200101000000Z 20260615000000Z
certificate early "$ec:P-256" 20260701000000Z 20990101000000Z
certificate sha1 "$ec:P-256" 20200101000000Z 20990101000000Z sha1
