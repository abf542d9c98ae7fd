//! What is written as one word, and how each must look.

use kernel_model::name::ProjectName;
use strsim::damerau_levenshtein;

pub(super) fn number(text: &str, min: u64, max: u64) -> Result<u64, String> {
    let number: u64 = text.parse().map_err(|_| format!("{text:?} is not a whole number"))?;
    match number {
        _ if number < min => Err(format!("{number} is too small; the least is {min}")),
        _ if number > max => Err(format!("{number} is too large; the most is {max}")),
        _ => Ok(number),
    }
}

pub(super) fn switch(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(format!("{text:?} is neither true nor false")),
    }
}

pub(super) fn choice(text: &str, words: &[&str]) -> Result<(), String> {
    if words.contains(&text) {
        return Ok(());
    }
    let known = words.join(", ");
    let near = words.iter().find(|word| damerau_levenshtein(word, text) <= 2);
    Err(match near {
        Some(near) => format!("{text:?} is not known; did you mean {near:?}? There are: {known}"),
        None => format!("{text:?} is not known; there are: {known}"),
    })
}

pub(super) fn port_range(text: &str) -> Result<(), String> {
    let ports = text.split_once('-').and_then(|(first, last)| {
        Some((first.trim().parse::<u16>().ok()?, last.trim().parse::<u16>().ok()?))
    });
    match ports {
        Some((first, last)) if first > 0 && first <= last => Ok(()),
        _ => Err(format!("{text:?} is not a range of ports, such as 7701-7799")),
    }
}

pub(super) fn url(text: &str) -> Result<(), String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_url = rest.is_some_and(|rest| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        authority(host) && !text.contains(char::is_whitespace)
    });
    is_url.then_some(()).ok_or_else(|| {
        format!("{text:?} is not a URL that begins with http:// or https://, without a login")
    })
}

pub(super) fn origin(text: &str) -> Result<(), String> {
    let is_origin = text == "*"
        || text.split_once("://").is_some_and(|(scheme, host)| {
            matches!(scheme, "http" | "https")
                && host.matches('*').count() <= 1
                && authority(&host.replacen('*', "x", 1))
        });
    is_origin.then_some(()).ok_or_else(|| {
        format!("{text:?} is not an origin, such as https://ci.example.com; it has no path")
    })
}

pub(super) fn host(text: &str) -> Result<(), String> {
    let rest = text.strip_prefix("%.").unwrap_or(text);
    authority(rest).then_some(()).ok_or_else(|| {
        format!("{text:?} is not a host, such as ci.example.com or %.example.com:8080")
    })
}

pub(super) fn name(text: &str) -> Result<(), String> {
    ProjectName::new(text).map(drop).map_err(|_| {
        format!(
            "{text:?} is not a name; expected lower-case letters, digits and dashes, 63 at most, \
             such as my-project"
        )
    })
}

pub(super) fn sha256(text: &str) -> Result<(), String> {
    let is_digest = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    is_digest.then_some(()).ok_or_else(|| {
        "expected a SHA-256 digest, 64 hexadecimal digits, as `printf %s TOKEN | sha256sum` \
         prints it"
            .to_owned()
    })
}

/// Nothing of the text is repeated: it may hold a password.
pub(super) fn login(text: &str) -> Result<(), String> {
    match text.split_once(':') {
        Some((user, password)) if !user.is_empty() && !password.is_empty() => Ok(()),
        _ => Err("expected USER:PASSWORD".to_owned()),
    }
}

/// Nothing of the text is repeated: it may hold a secret.
pub(super) fn pair(text: &str) -> Result<(), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => Ok(()),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

pub(super) fn grant(text: &str) -> Result<(), String> {
    match text.split_once('=') {
        Some((plugin, rule)) if !plugin.is_empty() && !rule.is_empty() => Ok(()),
        _ => Err(format!(
            "{text:?} is not a grant; expected PLUGIN=CAPABILITY, such as my-plugin=process:git"
        )),
    }
}

/// A host or an address, and maybe a port.
fn authority(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((v6, rest)) => {
            if v6.parse::<std::net::Ipv6Addr>().is_err() {
                return false;
            }
            ("v6", rest.strip_prefix(':').or(rest.is_empty().then_some("1")))
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, Some("1")),
        },
    };
    host_name(host) && port.is_some_and(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
}

fn host_name(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    text.len() <= 253 && text.split('.').all(label)
}
