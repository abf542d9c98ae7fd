//! Where secrets are kept, and what they are sealed with.

use crate::kind::Kind;
use crate::setting::Setting;

rows! {
    KEY = Setting::new(
        "secrets.key", "key", "TENON_KEY", Kind::Text,
        "What secrets are encrypted with; made and kept in the data folder where it is left out",
    ).secret();
    SALT = Setting::new(
        "secrets.salt", "salt", "TENON_SALT", Kind::Text,
        "Goes into the derivation of the key; made and kept in the data folder where it is left out",
    ).secret();
    KEYRING = Setting::new(
        "secrets.keyring", "keyring", "TENON_KEYRING", Kind::Path,
        "A native plugin that reaches the device in which the server key stays; --native-allowed allows it",
    );
    KEYRING_CONFIG = Setting::new(
        "secrets.keyring_config", "keyring-config", "TENON_KEYRING_CONFIG", Kind::Text,
        "What that plugin is told of its device: a JSON object",
    ).secret();
    BACKEND = Setting::new(
        "secrets.backend", "secrets-backend", "TENON_SECRETS_BACKEND", Kind::Name,
        "The plugin that keeps secrets; where it is left out, s3 if a bucket is named, else local",
    );
    VALUES = Setting::new(
        "secrets.values", "secret", "TENON_SECRETS", Kind::List { of: &Kind::Pair, separator: '\n' },
        "Gives all pipelines a secret, as NAME=VALUE; may be repeated",
    ).secret();
    S3_BUCKET = Setting::new(
        "secrets.s3_bucket", "secrets-s3-bucket", "TENON_SECRETS_S3_BUCKET", Kind::Text,
        "Bucket of secrets",
    );
    S3_ENDPOINT = Setting::new(
        "secrets.s3_endpoint", "secrets-s3-endpoint", "TENON_SECRETS_S3_ENDPOINT", Kind::Url,
        "URL of a server that speaks S3",
    );
    S3_REGION = Setting::new(
        "secrets.s3_region", "secrets-s3-region", "TENON_SECRETS_S3_REGION", Kind::Text,
        "Region of the bucket",
    );
    S3_ACCESS_KEY_ID = Setting::new(
        "secrets.s3_access_key_id", "secrets-s3-access-key-id", "TENON_SECRETS_S3_ACCESS_KEY_ID",
        Kind::Text, "Who reads and writes the bucket",
    );
    S3_SECRET_ACCESS_KEY = Setting::new(
        "secrets.s3_secret_access_key", "secrets-s3-secret-access-key",
        "TENON_SECRETS_S3_SECRET_ACCESS_KEY", Kind::Text, "The key of that",
    ).secret();
    S3_SESSION_TOKEN = Setting::new(
        "secrets.s3_session_token", "secrets-s3-session-token", "TENON_SECRETS_S3_SESSION_TOKEN",
        Kind::Text, "Token of temporary keys",
    ).secret();
    S3_ENCRYPT = Setting::new(
        "secrets.s3_encrypt", "secrets-s3-encrypt", "TENON_SECRETS_S3_ENCRYPT",
        Kind::Choice(&["sse-s3", "sse-kms", "sse-c"]),
        "How the server of the bucket encrypts, on top of what is sealed here",
    );
    S3_KMS_KEY_ID = Setting::new(
        "secrets.s3_kms_key_id", "secrets-s3-kms-key-id", "TENON_SECRETS_S3_KMS_KEY_ID",
        Kind::Text, "The key of sse-kms; the default one where it is left out",
    );
    S3_SSE_KEY = Setting::new(
        "secrets.s3_sse_key", "secrets-s3-sse-key", "TENON_SECRETS_S3_SSE_KEY", Kind::Text,
        "The key of sse-c: 32 bytes in base64",
    ).secret();
    S3_PREFIX = Setting::new(
        "secrets.s3_prefix", "secrets-s3-prefix", "TENON_SECRETS_S3_PREFIX", Kind::Text,
        "What the names of objects begin with",
    );
    VAULT_URL = Setting::new(
        "secrets.vault_url", "secrets-vault-url", "TENON_SECRETS_VAULT_URL", Kind::Url,
        "URL of a vault",
    );
    VAULT_MOUNT = Setting::new(
        "secrets.vault_mount", "secrets-vault-mount", "TENON_SECRETS_VAULT_MOUNT", Kind::Text,
        "Mount point of its KV engine, version 2",
    ).default("secret");
    VAULT_PREFIX = Setting::new(
        "secrets.vault_prefix", "secrets-vault-prefix", "TENON_SECRETS_VAULT_PREFIX", Kind::Text,
        "Folder of the secrets in it",
    );
    VAULT_NAMESPACE = Setting::new(
        "secrets.vault_namespace", "secrets-vault-namespace", "TENON_SECRETS_VAULT_NAMESPACE",
        Kind::Text, "Namespace of the vault, if it has them",
    );
    VAULT_TOKEN = Setting::new(
        "secrets.vault_token", "secrets-vault-token", "TENON_SECRETS_VAULT_TOKEN", Kind::Text,
        "Token for it",
    ).secret();
    VAULT_ROLE_ID = Setting::new(
        "secrets.vault_role_id", "secrets-vault-role-id", "TENON_SECRETS_VAULT_ROLE_ID", Kind::Text,
        "AppRole for it, in place of a token",
    );
    VAULT_SECRET_ID = Setting::new(
        "secrets.vault_secret_id", "secrets-vault-secret-id", "TENON_SECRETS_VAULT_SECRET_ID",
        Kind::Text, "The secret of the AppRole",
    ).secret();
    ENV_PREFIX = Setting::new(
        "secrets.env_prefix", "secrets-env-prefix", "TENON_SECRETS_ENV_PREFIX", Kind::Text,
        "What the variables begin with that the backend `env` reads",
    ).default("TENON_SECRET_");
    ENV_FILES = Setting::new(
        "secrets.env_files", "secrets-env-files", "TENON_SECRETS_ENV_FILES", Kind::Path,
        "Folder whose files are secrets too, each named as its secret",
    );
}
