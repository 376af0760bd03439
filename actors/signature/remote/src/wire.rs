//! The messages of Cerberus that are needed, by the numbers of their fields.

/// To `signer.v1.Signer/SignGeneric`.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub(crate) struct SignGenericRequest {
    /// The compressed G1 half of the key, in hexadecimal digits.
    #[prost(string, tag = "1")]
    pub(crate) public_key_g1: String,
    /// 32 bytes.
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) data: Vec<u8>,
    /// What opens the key, where it is in a file.
    #[prost(string, tag = "3")]
    pub(crate) password: String,
}

impl std::fmt::Debug for SignGenericRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignGenericRequest(redacted)")
    }
}

impl Drop for SignGenericRequest {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.password);
    }
}

/// From it.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SignGenericResponse {
    /// X ‖ Y.
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) signature: Vec<u8>,
}

/// To `keymanager.v1.KeyManager/ListKeys`.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct ListKeysRequest {}

/// From it.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ListKeysResponse {
    /// Every key.
    #[prost(message, repeated, tag = "1")]
    pub(crate) public_keys: Vec<NamedKey>,
}

/// One of its keys.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct NamedKey {
    /// The compressed G1 half, in hexadecimal digits.
    #[prost(string, tag = "1")]
    pub(crate) public_key_g1: String,
    /// The G2 half likewise.
    #[prost(string, tag = "2")]
    pub(crate) public_key_g2: String,
}
