//! The certificates of a cluster that lives for one test: an authority, the API server's certificate, the key that signs the
//! tokens of service accounts.

use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose};

/// The authority's certificate as PEM; the rest is written beside it.
///
/// # Errors
/// When a file can't be written.
pub(super) fn write(directory: &Path) -> anyhow::Result<String> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.distinguished_name.push(DnType::CommonName, "windlass test authority");
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
    let key = KeyPair::generate()?;
    let certificate = authority.self_signed(&key)?.pem();
    let issuer = Issuer::new(authority, key);

    // The names by which pods know the API server, and the first address of the services' range.
    let names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "127.0.0.1", "10.0.0.1"];
    let mut server = CertificateParams::new(names.map(str::to_owned))?;
    server.distinguished_name.push(DnType::CommonName, "kube-apiserver");
    server.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
    let server_key = KeyPair::generate()?;

    let write = |name: &str, text: &str| std::fs::write(directory.join(name), text);
    write("ca.crt", &certificate)?;
    write("server.crt", &server.signed_by(&server_key, &issuer)?.pem())?;
    write("server.key", &server_key.serialize_pem())?;
    // The API server reads the public half from a private key only in older forms than this one.
    let accounts = KeyPair::generate()?;
    write("sa.key", &accounts.serialize_pem())?;
    write("sa.pub", &accounts.public_key_pem())?;
    Ok(certificate)
}
