//! The encryption of SealedSecrets (bitnami-labs/sealed-secrets, "Crypto documentation"): a session key of its own for each value,
//! AES-256-GCM with it, and the key itself under the controller's RSA key (OAEP with SHA-256, the scope as its label).

use aes_gcm::aead::{Aead as _, KeyInit as _};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rsa::rand_core::{OsRng, RngCore as _};
use rsa::traits::PublicKeyParts as _;
use rsa::{Oaep, RsaPublicKey, pkcs8::DecodePublicKey as _};
use sha2::Sha256;
use thiserror::Error;
use x509_cert::der::{DecodePem as _, Encode as _};

/// Bits of the smallest key that still hides something.
const SMALLEST: usize = 2048;

/// The certificate of a controller, as `kubeseal --fetch-cert` prints it.
#[derive(Clone, Debug)]
pub struct Certificate {
    key: RsaPublicKey,
}

/// Why a text is no certificate that secrets can be sealed with.
#[derive(Debug, Error)]
pub enum CertificateError {
    /// No PEM text with an X.509 certificate in it.
    #[error("it is no certificate in PEM: {0}")]
    NotPem(#[from] x509_cert::der::Error),
    /// A certificate of another kind of key.
    #[error("its key is no RSA key: {0}")]
    NotRsa(#[from] rsa::pkcs8::spki::Error),
    /// A key that can be broken.
    #[error("its key has {0} bits; 2048 are the least")]
    TooShort(usize),
}

impl Certificate {
    /// Reads a certificate in PEM.
    ///
    /// # Errors
    /// When it is none, or its key is none that controllers use.
    pub fn parse(pem: &str) -> Result<Self, CertificateError> {
        let certificate = x509_cert::Certificate::from_pem(pem)?;
        let key = RsaPublicKey::from_public_key_der(&certificate.tbs_certificate.subject_public_key_info.to_der()?)?;
        match key.size() * 8 {
            bits if bits < SMALLEST => Err(CertificateError::TooShort(bits)),
            _ => Ok(Self { key }),
        }
    }

    /// A value that the controller alone can open, and for this label alone; in base64. Another text each time.
    ///
    /// # Panics
    /// When the system has no randomness: nothing could be sealed then.
    pub(super) fn seal(&self, value: &[u8], label: &[u8]) -> String {
        let mut session = [0; 32];
        OsRng.fill_bytes(&mut session);
        // The key is used once, so the nonce may be the same.
        let sealed = Aes256Gcm::new(&session.into()).encrypt(&Nonce::default(), value).expect("values are far below 64 GiB");
        // The label is bytes to the controller; namespaces and names are ASCII.
        let padding = Oaep::new_with_label::<Sha256, _>(String::from_utf8_lossy(label));
        let key = self.key.encrypt(&mut OsRng, padding, &session).expect("32 bytes fit into 2048 bits");
        let length = u16::try_from(key.len()).expect("a key has at most 65535 bytes");
        STANDARD.encode([&length.to_be_bytes()[..], &key, &sealed].concat())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use rsa::RsaPrivateKey;

    use super::*;

    /// A certificate whose private key nobody has.
    const PEM: &str = include_str!("certificate.pem");

    pub(crate) fn certificate() -> Certificate {
        Certificate::parse(PEM).expect("the certificate is one")
    }

    #[test]
    fn what_is_sealed_is_opened_with_the_private_key_and_the_label() {
        let private = RsaPrivateKey::new(&mut OsRng, SMALLEST).expect("a key");
        let certificate = Certificate { key: private.to_public_key() };
        let sealed = STANDARD.decode(certificate.seal(b"hunter2", b"prod/web")).expect("base64");
        let length = usize::from(u16::from_be_bytes([sealed[0], sealed[1]]));
        let (key, value) = sealed[2..].split_at(length);
        let open = |label: &str| private.decrypt(Oaep::new_with_label::<Sha256, _>(label), key);
        let session: [u8; 32] = open("prod/web").expect("its label").try_into().expect("32 bytes");
        assert_eq!(Aes256Gcm::new(&session.into()).decrypt(&Nonce::default(), value).expect("its key"), b"hunter2");
        assert!(open("prod/other").is_err());
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        for (text, reason) in
            [("", "it is no certificate"), ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "it is no certificate")]
        {
            let error = Certificate::parse(text).expect_err("no certificate").to_string();
            assert!(error.starts_with(reason), "{error}");
        }
    }
}
