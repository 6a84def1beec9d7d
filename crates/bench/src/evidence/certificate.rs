//! Certificates: until when they hold, and how strong their keys are.

use x509_parser::pem::Pem;
use x509_parser::public_key::PublicKey;

use super::host::Unread;

/// What counts of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The subject.
    pub subject: String,
    /// The issuer.
    pub issuer: String,
    /// The beginning of its validity, in seconds since 1970.
    pub not_before: i64,
    /// The end of its validity, in seconds since 1970.
    pub not_after: i64,
    /// The kind of key and its size in bits: `RSA 2048`.
    pub key: String,
    /// Whether the key is shorter than NIST SP 800-57 allows: RSA below 2048 bits, elliptic curves
    /// below 224.
    pub weak_key: bool,
    /// The signature's algorithm where it is broken: `SHA-1`.
    pub weak_signature: Option<&'static str>,
    /// The organisations of the subject, which are groups to Kubernetes.
    pub organisations: Vec<String>,
    /// The DER text, to compare certificates.
    pub der: Vec<u8>,
}

/// The certificates of a PEM text; blocks of other kinds are left out.
///
/// # Errors
///
/// Where a block is malformed, or there is no certificate at all.
pub fn read(path: &str, bytes: &[u8]) -> Result<Vec<Certificate>, Unread> {
    let mut certificates = Vec::new();
    for pem in Pem::iter_from_buffer(bytes) {
        let pem = pem.map_err(|error| Unread::new(path, &format!("malformed PEM: {error}")))?;
        if pem.label != "CERTIFICATE" {
            continue;
        }
        let x509 = pem
            .parse_x509()
            .map_err(|error| Unread::new(path, &format!("malformed certificate: {error}")))?;
        let public = x509.public_key();
        let (key, weak_key) = match public.parsed() {
            Ok(PublicKey::RSA(rsa)) => (format!("RSA {}", rsa.key_size()), rsa.key_size() < 2048),
            Ok(PublicKey::EC(point)) => {
                (format!("EC {}", point.key_size()), point.key_size() < 224)
            }
            Ok(PublicKey::DSA(_)) => ("DSA".to_owned(), true),
            _ => (format!("key of {}", public.algorithm.algorithm), false),
        };
        let weak_signature = match x509.signature_algorithm.algorithm.to_id_string().as_str() {
            "1.2.840.113549.1.1.4" => Some("MD5"),
            // A root is trusted for what it is, not for its signature.
            "1.2.840.113549.1.1.5" | "1.2.840.10045.4.1" if x509.subject() != x509.issuer() => {
                Some("SHA-1")
            }
            _ => None,
        };
        certificates.push(Certificate {
            subject: x509.subject().to_string(),
            issuer: x509.issuer().to_string(),
            not_before: x509.validity().not_before.timestamp(),
            not_after: x509.validity().not_after.timestamp(),
            key,
            weak_key,
            weak_signature,
            organisations: x509
                .subject()
                .iter_organization()
                .filter_map(|o| o.as_str().ok().map(str::to_owned))
                .collect(),
            der: pem.contents.clone(),
        });
    }
    if certificates.is_empty() {
        return Err(Unread::new(path, &"it holds no certificate"));
    }
    Ok(certificates)
}
