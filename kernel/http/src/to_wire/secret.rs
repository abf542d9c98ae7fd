//! Secrets, without their values.

use kernel_ports::secret::SecretInfo;
use kernel_wire as wire;

use super::time;

pub(crate) fn secret(info: SecretInfo) -> wire::secret::Secret {
    wire::secret::Secret {
        name: info.at.name,
        scope: info.at.scope.to_string(),
        updated_at: info.updated_at.map(time),
        updated_by: info.updated_by,
    }
}
