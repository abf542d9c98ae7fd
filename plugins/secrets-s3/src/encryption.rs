//! How the server of the bucket encrypts, on top of what is sealed here.

use std::collections::BTreeMap;

use md5::{Digest as _, Md5};
use tenon_sdk::{Error, Result, base64};

/// A mode of server-side encryption.
pub(crate) enum Encryption {
    None,
    S3,
    Kms {
        key_id: String,
    },
    /// The key goes along with each request.
    Customer {
        key: String,
        md5: String,
    },
}

impl Encryption {
    pub(crate) fn parse(mode: &str, key_id: String, key: &str) -> Result<Self> {
        match mode {
            "" => Ok(Self::None),
            "sse-s3" => Ok(Self::S3),
            "sse-kms" => Ok(Self::Kms { key_id }),
            "sse-c" => {
                let bytes = base64::decode(key).filter(|bytes| bytes.len() == 32);
                let bytes = bytes.ok_or_else(|| {
                    Error::invalid("`sseKey` must be 32 bytes in base64: openssl rand -base64 32")
                })?;
                let (key, md5) = (base64::encode(&bytes), base64::encode(&Md5::digest(&bytes)));
                Ok(Self::Customer { key, md5 })
            }
            mode => Err(Error::invalid(format!(
                "{mode:?} is no encryption; `encrypt` is sse-s3, sse-kms or sse-c"
            ))),
        }
    }

    /// Returns whether a key goes along with requests.
    pub(crate) fn needs_tls(&self) -> bool {
        matches!(self, Self::Customer { .. })
    }

    /// Adds the headers of a request that reads, or of one that writes.
    pub(crate) fn add(&self, writes: bool, headers: &mut BTreeMap<String, String>) {
        let mut add = |name: &str, value: &str| {
            headers.insert(format!("x-amz-server-side-encryption{name}"), value.to_owned());
        };
        match self {
            Self::S3 if writes => add("", "AES256"),
            Self::Kms { key_id } if writes => {
                add("", "aws:kms");
                if !key_id.is_empty() {
                    add("-aws-kms-key-id", key_id);
                }
            }
            Self::Customer { key, md5 } => {
                add("-customer-algorithm", "AES256");
                add("-customer-key", key);
                add("-customer-key-md5", md5);
            }
            Self::None | Self::S3 | Self::Kms { .. } => {}
        }
    }
}
