//! What settings mean to each other.

use kernel_model::selection::Selection;

use crate::mistake::Mistake;
use crate::setting::Setting;
use crate::settings::Settings;
use crate::table::server::FEATURE_NAMES;
use crate::table::{access, network, secrets, server};

/// Returns everything that does not fit together.
pub(crate) fn all(settings: &Settings) -> Vec<Mistake> {
    let mut found = vec![];
    pair(settings, &network::TLS_CERT, &network::TLS_KEY, &mut found);
    features(settings, &mut found);
    if settings.is_set(&access::SUPER_TOKEN_HASH) {
        found.extend(mistake(settings, &access::SUPER_TOKEN, || {
            "the token and its hash are both set; keep the hash".to_owned()
        }));
    }
    if settings.is_set(&secrets::KEYRING) {
        for row in [&secrets::KEY, &secrets::SALT] {
            found.extend(mistake(settings, row, || {
                let keyring = secrets::KEYRING.key;
                format!("{} and {keyring} are both set; keep one: there is one server key", row.key)
            }));
        }
    } else {
        found.extend(mistake(settings, &secrets::KEYRING_CONFIG, || {
            let (key, flag) = (secrets::KEYRING.key, secrets::KEYRING.flag);
            format!("{} needs {key} (--{flag}) too", secrets::KEYRING_CONFIG.key)
        }));
    }
    let life = [&access::SESSION_IDLE, &access::SESSION_LIFE]
        .map(|row| settings.get::<std::time::Duration>(row).unwrap_or_default());
    if life[0] > life[1] && settings.is_set(&access::SESSION_IDLE) {
        found.extend(mistake(settings, &access::SESSION_IDLE, || {
            format!(
                "{} is longer than {}, after which every session ends",
                access::SESSION_IDLE.key,
                access::SESSION_LIFE.key
            )
        }));
    }
    found
}

/// One makes no sense without the other.
fn pair(
    settings: &Settings,
    one: &'static Setting,
    other: &'static Setting,
    found: &mut Vec<Mistake>,
) {
    for (there, missing) in [(one, other), (other, one)] {
        if !settings.is_set(missing) {
            found.extend(mistake(settings, there, || {
                format!(
                    "{} needs {} (--{}, {}) too",
                    there.key, missing.key, missing.flag, missing.variable
                )
            }));
        }
    }
}

fn features(settings: &Settings, found: &mut Vec<Mistake>) {
    let Ok(selection) = settings.get::<Selection>(&server::FEATURES) else { return };
    for name in selection.names().filter(|name| !FEATURE_NAMES.contains(name)) {
        found.extend(mistake(settings, &server::FEATURES, || {
            format!("there is no feature {name:?}; there are: {}", FEATURE_NAMES.join(", "))
        }));
    }
}

/// Returns a mistake at the place where a setting was set, if it was.
fn mistake(
    settings: &Settings,
    row: &'static Setting,
    what: impl FnOnce() -> String,
) -> Option<Mistake> {
    let origin = settings.origin(row).filter(|_| settings.is_set(row))?;
    Some(Mistake { place: origin.to_string(), what: what() })
}
