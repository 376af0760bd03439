//! Who is believed to be the remote signer, and as whom we come.

use zeroize::Zeroizing;

/// What encrypted connections go by. All of it PEM.
#[derive(Default)]
pub struct Tls {
    /// The authorities believed, and no others. Without them, those of the operating system.
    pub authorities: Option<Vec<u8>>,
    /// As whom we come, if it wants to know.
    pub identity: Option<Identity>,
    /// The name that its certificate must bear, if that is not the address's. Over gRPC.
    pub server_name: Option<String>,
}

/// A certificate and its key.
pub struct Identity {
    /// The certificate, and those that stand between it and an authority.
    pub certificates: Vec<u8>,
    /// Its key.
    pub key: Zeroizing<Vec<u8>>,
}

/// What is wrong with certificates or keys. Shows none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// The authorities.
    #[error("no certificate in the file of authorities")]
    Authorities,
    /// The own certificate, or its key.
    #[error("client certificate and key are not PEM, or do not fit one another")]
    Identity,
    /// There is nothing to encrypt.
    #[error("certificates are given for an address of http://")]
    Unused,
}

impl Tls {
    /// Whether nothing is said beyond what holds anyway.
    pub(crate) const fn is_default(&self) -> bool {
        self.authorities.is_none() && self.identity.is_none() && self.server_name.is_none()
    }

    /// For HTTP.
    pub(crate) fn client(&self) -> Result<reqwest::ClientBuilder, TlsError> {
        // Somebody else's choice of a provider is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let mut builder = reqwest::Client::builder();
        if let Some(pem) = &self.authorities {
            let all = reqwest::Certificate::from_pem_bundle(pem);
            let all = all.ok().filter(|all| !all.is_empty()).ok_or(TlsError::Authorities)?;
            builder = builder.tls_certs_only(all);
        }
        if let Some(Identity { certificates, key }) = &self.identity {
            let mut pem = Zeroizing::new(Vec::with_capacity(certificates.len() + key.len() + 1));
            pem.extend_from_slice(certificates);
            pem.push(b'\n');
            pem.extend_from_slice(key);
            let identity = reqwest::Identity::from_pem(&pem).map_err(|_| TlsError::Identity)?;
            builder = builder.identity(identity);
        }
        Ok(builder)
    }
}
