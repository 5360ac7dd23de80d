//! The webhook's certificate, made and renewed by the replicas themselves.
//!
//! An authority stands in a Secret that all replicas share; the first that creates it wins. Each replica signs a certificate of its own
//! with it, for a week, and makes a new one at two thirds of that. The authority lasts a year. At two thirds of it a successor is put
//! beside it and into `caBundle`; an hour later, when every API server has heard of it, the successor signs. Its predecessor stays in the bundle
//! as long as certificates of it may be about. Or the certificate is somebody else's, in files that are read again.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use k8s_openapi::ByteString;
use k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::jiff::Timestamp;
use kube::api::{Patch, PatchParams, PostParams};
use kube::core::ObjectMeta;
use kube::{Api, Client};
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use serde_json::json;
use time::OffsetDateTime;

use crate::health::Readiness;
use crate::metrics::Metrics;

const DAY: i64 = 24 * 60 * 60;
/// How long an authority lasts, in seconds.
const AUTHORITY: i64 = 365 * DAY;
/// How long a certificate lasts, in seconds.
const CERTIFICATE: i64 = 7 * DAY;
/// How long a successor is known before it signs, in seconds.
const OVERLAP: i64 = 60 * 60;
/// How much earlier than now something begins, since clocks differ, in seconds.
const EARLIER: i64 = 10 * 60;
/// How often all is looked at.
const TICK: Duration = Duration::from_secs(60);
/// How soon again when that failed.
const RETRY: Duration = Duration::from_secs(5);

/// The name of the webhook in its configuration.
const WEBHOOK: &str = "stacks.windlass.dev";

/// The certificate that is served now; shared.
#[derive(Clone)]
pub struct Served {
    key: Arc<RwLock<Option<Arc<CertifiedKey>>>>,
    ready: Readiness,
}

impl fmt::Debug for Served {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Served")
    }
}

impl Served {
    /// None yet; `ready` hears of the first.
    pub(super) fn new(ready: Readiness) -> Self {
        Self { key: Arc::default(), ready }
    }

    fn set(&self, key: CertifiedKey) {
        let before = self.key.write().unwrap_or_else(PoisonError::into_inner).replace(Arc::new(key));
        if before.is_none() {
            self.ready.set();
        }
    }
}

impl ResolvesServerCert for Served {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.key.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// An authority: it signs certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// PEM.
    certificate: String,
    /// PEM.
    key: String,
    /// When it was made, in seconds since 1970.
    since: i64,
}

/// What the Secret holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorities {
    /// Signs.
    current: Authority,
    /// Will sign.
    next: Option<Authority>,
    /// Signed, PEM, and until when what it signed lasts.
    previous: Option<(String, i64)>,
}

impl Authority {
    /// A new one.
    fn new(now: i64) -> anyhow::Result<Self> {
        let key = KeyPair::generate()?;
        let certificate = params(now)?.self_signed(&key)?.pem();
        Ok(Self { certificate, key: key.serialize_pem(), since: now })
    }

    /// A certificate for a server of this name, and its key.
    fn sign(&self, service: &str, now: i64) -> anyhow::Result<CertifiedKey> {
        // What a signature takes of the authority: its name and its key.
        let issuer = Issuer::new(params(self.since)?, KeyPair::from_pem(&self.key)?);
        let names = [service.to_owned(), format!("{service}.svc"), format!("{service}.svc.cluster.local")];
        let mut server = CertificateParams::new(names)?;
        server.distinguished_name.push(DnType::CommonName, "windlass webhook");
        server.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
        server.key_usages.push(KeyUsagePurpose::DigitalSignature);
        (server.not_before, server.not_after) = (time(now - EARLIER)?, time(now + CERTIFICATE)?);
        let key = KeyPair::generate()?;
        let certificate = server.signed_by(&key, &issuer)?;
        let private = PrivateKeyDer::try_from(key.serialize_der()).map_err(anyhow::Error::msg)?;
        certified(vec![certificate.der().clone()], private)
    }
}

fn params(since: i64) -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    // Two authorities of one name could not be told apart by who verifies.
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, format!("windlass webhook authority {since}"));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    (params.not_before, params.not_after) = (time(since - EARLIER)?, time(since + AUTHORITY)?);
    Ok(params)
}

fn time(seconds: i64) -> anyhow::Result<OffsetDateTime> {
    Ok(OffsetDateTime::from_unix_timestamp(seconds)?)
}

fn certified(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> anyhow::Result<CertifiedKey> {
    Ok(CertifiedKey::from_der(chain, key, &ring::default_provider())?)
}

impl Authorities {
    fn new(now: i64) -> anyhow::Result<Self> {
        Ok(Self { current: Authority::new(now)?, next: None, previous: None })
    }

    /// What they are now, when that is not what they were.
    fn turned(&self, now: i64) -> anyhow::Result<Option<Self>> {
        let mut turned = self.clone();
        if self.current.since + 2 * AUTHORITY / 3 <= now && self.next.is_none() {
            turned.next = Some(Authority::new(now)?);
        }
        if let Some(next) = self.next.as_ref().filter(|next| next.since + OVERLAP <= now) {
            turned.previous = Some((self.current.certificate.clone(), now + CERTIFICATE));
            turned.current = next.clone();
            turned.next = None;
        }
        if turned.previous.as_ref().is_some_and(|(_, until)| *until <= now) {
            turned.previous = None;
        }
        Ok((turned != *self).then_some(turned))
    }

    /// Everything that a certificate may be signed with, PEM.
    fn bundle(&self) -> String {
        let next = self.next.as_ref().map(|next| next.certificate.as_str());
        let previous = self.previous.as_ref().map(|(certificate, _)| certificate.as_str());
        [Some(self.current.certificate.as_str()), next, previous].into_iter().flatten().collect()
    }

    fn of_secret(secret: &Secret) -> Option<Self> {
        let text = |name: &str| String::from_utf8(secret.data.as_ref()?.get(name)?.0.clone()).ok();
        let authority = |name: &str| {
            let (certificate, key) = (text(&format!("{name}.crt"))?, text(&format!("{name}.key"))?);
            KeyPair::from_pem(&key).ok()?;
            Some(Authority { certificate, key, since: text(&format!("{name}.since"))?.parse().ok()? })
        };
        let previous = || Some((text("previous.crt")?, text("previous.until")?.parse().ok()?));
        Some(Self { current: authority("ca")?, next: authority("next"), previous: previous() })
    }

    fn secret(&self, metadata: ObjectMeta) -> Secret {
        let mut data = std::collections::BTreeMap::new();
        let mut put = |name: String, text: String| drop(data.insert(name, ByteString(text.into_bytes())));
        for (name, authority) in [("ca", Some(&self.current)), ("next", self.next.as_ref())] {
            let Some(authority) = authority else { continue };
            put(format!("{name}.crt"), authority.certificate.clone());
            put(format!("{name}.key"), authority.key.clone());
            put(format!("{name}.since"), authority.since.to_string());
        }
        if let Some((certificate, until)) = &self.previous {
            put("previous.crt".to_owned(), certificate.clone());
            put("previous.until".to_owned(), until.to_string());
        }
        Secret { metadata, data: Some(data), ..Secret::default() }
    }
}

/// Keeps the served certificate current.
pub(super) struct Keeper(Kind);

enum Kind {
    Own(Box<Own>),
    Files(PathBuf),
}

struct Own {
    secrets: Api<Secret>,
    secret: String,
    configurations: Api<ValidatingWebhookConfiguration>,
    configuration: Option<String>,
    service: String,
    /// The authority that signed what is served, and when.
    signed: Option<(String, i64)>,
    metrics: Arc<Metrics>,
}

impl Keeper {
    /// With an authority of our own.
    pub(super) fn own(
        client: Client,
        namespace: &str,
        secret: &str,
        configuration: Option<String>,
        service: &str,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self(Kind::Own(Box::new(Own {
            metrics,
            secrets: Api::namespaced(client.clone(), namespace),
            secret: secret.to_owned(),
            configurations: Api::all(client),
            configuration,
            service: service.to_owned(),
            signed: None,
        })))
    }

    /// With files of somebody else.
    pub(super) fn of_files(directory: PathBuf) -> Self {
        Self(Kind::Files(directory))
    }

    /// Keeps it until the process ends.
    pub(super) async fn keep(self, served: Served) -> anyhow::Result<()> {
        match self.0 {
            Kind::Own(mut own) => loop {
                let wait = match own.tick(&served, Timestamp::now().as_second()).await {
                    Ok(()) => TICK,
                    Err(error) => {
                        tracing::warn!(error = format!("{error:#}"), "the webhook's certificate can't be kept current");
                        RETRY
                    }
                };
                tokio::time::sleep(wait).await;
            },
            Kind::Files(directory) => {
                let mut known = None;
                loop {
                    match read(&directory) {
                        Ok(files) if known.as_ref() == Some(&files) => {}
                        Ok(files) => match of_pem(&files.0, &files.1) {
                            Ok(key) => {
                                served.set(key);
                                known = Some(files);
                            }
                            Err(error) => tracing::warn!(error = format!("{error:#}"), "the webhook's certificate can't be used"),
                        },
                        Err(error) => tracing::warn!(%error, directory = %directory.display(), "the webhook's certificate can't be read"),
                    }
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the kubelet writes the certificate into a directory")]
fn read(directory: &Path) -> std::io::Result<(Vec<u8>, Vec<u8>)> {
    Ok((std::fs::read(directory.join("tls.crt"))?, std::fs::read(directory.join("tls.key"))?))
}

fn of_pem(chain: &[u8], key: &[u8]) -> anyhow::Result<CertifiedKey> {
    let chain = CertificateDer::pem_slice_iter(chain).collect::<Result<Vec<_>, _>>()?;
    certified(chain, PrivateKeyDer::from_pem_slice(key)?)
}

impl Own {
    async fn tick(&mut self, served: &Served, now: i64) -> anyhow::Result<()> {
        let authorities = self.authorities(now).await.context("the authority")?;
        let is_current =
            self.signed.as_ref().is_some_and(|(by, since)| *by == authorities.current.certificate && since + 2 * CERTIFICATE / 3 > now);
        // First the bundle, so that nothing is served that nobody trusts.
        self.publish(&authorities.bundle()).await.context("the webhook's configuration")?;
        if !is_current {
            served.set(authorities.current.sign(&self.service, now)?);
            self.signed = Some((authorities.current.certificate, now));
            self.metrics.certificate_expires.set(now + CERTIFICATE);
            tracing::info!("the webhook has a new certificate");
        }
        Ok(())
    }

    /// The authorities of the Secret, made or turned where that is due. Whoever loses a race looks again.
    async fn authorities(&self, now: i64) -> anyhow::Result<Authorities> {
        let metadata = || ObjectMeta { name: Some(self.secret.clone()), ..ObjectMeta::default() };
        for _ in 0..3 {
            let Some(secret) = self.secrets.get_opt(&self.secret).await? else {
                let made = Authorities::new(now)?;
                match self.secrets.create(&PostParams::default(), &made.secret(metadata())).await {
                    Ok(_) => return Ok(made),
                    Err(kube::Error::Api(status)) if status.code == 409 => continue,
                    Err(error) => return Err(error.into()),
                }
            };
            let known = Authorities::of_secret(&secret);
            // What can't be read is made anew: the webhook does not stay broken.
            let turned = match &known {
                Some(known) => known.turned(now)?,
                None => Some(Authorities::new(now)?),
            };
            match (known, turned) {
                (Some(known), None) => return Ok(known),
                (_, Some(turned)) => {
                    // With the resourceVersion that was read, so of two that turn one does.
                    let replaced = self.secrets.replace(&self.secret, &PostParams::default(), &turned.secret(secret.metadata)).await;
                    match replaced {
                        Ok(_) => return Ok(turned),
                        Err(kube::Error::Api(status)) if status.code == 409 => {}
                        Err(error) => return Err(error.into()),
                    }
                }
                (None, None) => {}
            }
        }
        anyhow::bail!("others change it all the time")
    }

    /// Writes the bundle into the configuration, where it is not there.
    async fn publish(&self, bundle: &str) -> anyhow::Result<()> {
        let Some(name) = &self.configuration else { return Ok(()) };
        let configuration = self.configurations.get(name).await?;
        let webhooks = configuration.webhooks.unwrap_or_default();
        let stale = webhooks.iter().position(|webhook| {
            webhook.name == WEBHOOK && webhook.client_config.ca_bundle.as_ref().is_none_or(|known| known.0 != bundle.as_bytes())
        });
        let Some(at) = stale else { return Ok(()) };
        let patch = json!([
            { "op": "test", "path": format!("/webhooks/{at}/name"), "value": WEBHOOK },
            { "op": "add", "path": format!("/webhooks/{at}/clientConfig/caBundle"), "value": STANDARD.encode(bundle) },
        ]);
        let patch: Patch<()> = Patch::Json(serde_json::from_value(patch)?);
        self.configurations.patch(name, &PatchParams::default(), &patch).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_780_000_000;

    #[test]
    fn a_successor_is_known_before_it_signs_and_a_predecessor_while_its_certificates_last() {
        let first = Authorities::new(NOW).unwrap();
        assert_eq!(first.turned(NOW + AUTHORITY / 2).unwrap(), None);
        let due = NOW + 2 * AUTHORITY / 3;
        let second = first.turned(due).unwrap().unwrap();
        assert_eq!(second.current, first.current);
        let next = second.next.clone().unwrap();
        assert!(second.bundle().contains(&next.certificate) && second.bundle().contains(&first.current.certificate));
        assert_eq!(second.turned(due + OVERLAP - 1).unwrap(), None);
        let third = second.turned(due + OVERLAP).unwrap().unwrap();
        assert_eq!((&third.current, &third.next), (&next, &None));
        assert!(third.bundle().contains(&first.current.certificate));
        let last = third.turned(due + OVERLAP + CERTIFICATE).unwrap().unwrap();
        assert_eq!(last.bundle(), next.certificate);
    }

    #[test]
    fn what_a_secret_holds_is_read_back_and_what_is_broken_is_not() {
        let first = Authorities::new(NOW).unwrap();
        let turned = first.turned(NOW + AUTHORITY).unwrap().unwrap();
        for authorities in [&first, &turned] {
            assert_eq!(Authorities::of_secret(&authorities.secret(ObjectMeta::default())).as_ref(), Some(authorities));
        }
        let mut broken = first.secret(ObjectMeta::default());
        broken.data.as_mut().unwrap().insert("ca.key".into(), ByteString(b"no key".to_vec()));
        assert_eq!(Authorities::of_secret(&broken), None);
    }

    #[test]
    fn certificates_are_signed_by_an_authority_that_was_read_back() {
        let authorities = Authorities::new(NOW).unwrap();
        let read = Authorities::of_secret(&authorities.secret(ObjectMeta::default())).unwrap();
        assert!(read.current.sign("windlass-webhook.windlass-system", NOW).is_ok());
    }

    /// Whether a client that trusts this bundle gets on with what is served.
    async fn greets(address: std::net::SocketAddr, bundle: &str) -> bool {
        let mut roots = rustls::RootCertStore::empty();
        for root in CertificateDer::pem_slice_iter(bundle.as_bytes()) {
            roots.add(root.unwrap()).unwrap();
        }
        let config = rustls::ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots).with_no_client_auth();
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let name = rustls::pki_types::ServerName::try_from("windlass-webhook.windlass-system.svc").unwrap();
        tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream).await.is_ok()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_handshake_fails_while_certificates_and_authorities_change() {
        let now = Timestamp::now().as_second();
        let first = Authorities::new(now - 2 * AUTHORITY / 3 - OVERLAP).unwrap();
        let second = first.turned(now - OVERLAP).unwrap().unwrap();
        let third = second.turned(now).unwrap().unwrap();
        let sign = |by: &Authorities| by.current.sign("windlass-webhook.windlass-system", now).unwrap();
        let served = Served::new(Readiness::waiting_for(1));
        served.set(sign(&first));
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config.with_cert_resolver(Arc::new(served.clone()))));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move { acceptor.accept(stream).await.map(drop) });
            }
        });
        let keys = [sign(&second), sign(&third)];
        let turning = tokio::spawn(async move {
            for key in keys.iter().cycle() {
                served.set(key.clone());
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
        // One API server has heard of the successor, another of the turn too.
        for _ in 0..50 {
            assert!(greets(address, &second.bundle()).await);
            assert!(greets(address, &third.bundle()).await);
        }
        // Who has not heard of the successor does not trust it: this finds something.
        let mut trusted = 0;
        for _ in 0..50 {
            trusted += usize::from(greets(address, &first.bundle()).await);
        }
        assert!(trusted < 50);
        turning.abort();
    }
}
