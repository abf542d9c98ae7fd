//! Decides what a plugin may use: what it asks for, cut down to what the operator allows.
//!
//! Pure: no engine, no I/O.

use std::collections::{BTreeMap, BTreeSet};

use kernel_ports::plugin::{GrantInfo, Granted};
use wit_envelope::manifest::Request;

use crate::policy::{GRANTABLE, Policy};
use crate::wish::{is_boundless, part_of, quoted};

/// The size of a `kv` map whose manifest names none.
pub(crate) const KV_BYTES: u64 = 1024 * 1024;
/// Nothing that can be granted has a longer name.
const PARAMETER_BYTES: usize = 1024;

/// What one plugin may use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Grants {
    /// Granted parameters, by capability. A missing key: not granted at all.
    granted: BTreeMap<String, Vec<String>>,
    /// Parameters whose place a rule of the operator names, rather than covers by a pattern.
    named: BTreeSet<(&'static str, String)>,
    asked: BTreeMap<String, Vec<String>>,
    plugin: String,
    /// Whether a grant can be given at the start only.
    is_fixed: bool,
    pub(crate) infos: Vec<GrantInfo>,
}

/// A host that a request may go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HostGrant {
    /// Whether the grant names exactly this host, so that its address may be a private one.
    pub(crate) explicit: bool,
}

impl Grants {
    /// Decides for a plugin that imports `capabilities`.
    pub(crate) fn decide(
        plugin: &str,
        built_in: bool,
        capabilities: &[&str],
        requests: &[Request],
        policy: &Policy,
    ) -> Self {
        let is_fixed = policy.is_fixed;
        let mut grants = Self { plugin: plugin.to_owned(), is_fixed, ..Self::default() };
        for capability in GRANTABLE.into_iter().filter(|c| capabilities.contains(c)) {
            let of_it = || requests.iter().filter(|r| r.capability == capability);
            let asked: Vec<String> = of_it().flat_map(|r| r.parameters.iter().cloned()).collect();
            let patterns: Vec<Option<&str>> = match built_in {
                // A rule for a built-in plugin only adds: one that names a host opens its private
                // address.
                true => policy.patterns(plugin, capability).chain([None]).collect(),
                false => policy.patterns(plugin, capability).collect(),
            };
            let mut given = Vec::new();
            for wish in &asked {
                for pattern in &patterns {
                    let rule = pattern.unwrap_or("*");
                    let Some(common) = intersect(capability, wish, rule) else { continue };
                    if pattern.is_none_or(is_named) {
                        grants.named.insert((capability, common.clone()));
                    }
                    given.push(common);
                }
            }
            let has_size = |pattern: &Option<&str>| pattern.is_some_and(|size| size != "*");
            if capability == "kv" && asked.is_empty() && patterns.iter().all(has_size) {
                // It names no size, so that the operator's counts.
                given.extend(patterns.iter().flatten().map(|pattern| (*pattern).to_owned()));
            }
            given.sort();
            given.dedup();
            let granted = !patterns.is_empty() && (asked.is_empty() || !given.is_empty());
            if granted {
                grants.granted.insert(capability.to_owned(), given);
            }
            grants.infos.extend(infos(capability, of_it(), &patterns));
            grants.asked.insert(capability.to_owned(), asked);
        }
        grants
    }

    /// Returns whether the interface is granted, whatever its parameters.
    pub(crate) fn allows(&self, capability: &str) -> bool {
        self.granted.contains_key(capability)
    }

    /// Returns whether `program` may be started.
    pub(crate) fn allows_program(&self, program: &str) -> bool {
        // A pattern such as `/usr/bin/*` must not be left by way of `..`.
        let climbs = program.split('/').any(|part| part == "..");
        self.parameters("process").any(|p| p == "*" || (!climbs && covers(p, program)))
    }

    /// Returns whether any program may be started.
    pub(crate) fn allows_all_programs(&self) -> bool {
        self.parameters("process").any(|p| p == "*")
    }

    /// Returns whether a request may be sent. `port` is none for the default port of the scheme.
    pub(crate) fn allows_host(
        &self,
        method: &str,
        host: &str,
        port: Option<u16>,
    ) -> Option<HostGrant> {
        let host = host.to_ascii_lowercase();
        let fitting = self.parameters("http").filter_map(|parameter| {
            let (methods, place) = parameter.split_once(' ')?;
            let (name, ports) = split_port(place);
            let port_fits = match ports {
                None => port.is_none(),
                Some("*") => true,
                Some(text) => port.is_some_and(|port| text == port.to_string()),
            };
            let fits = port_fits
                && covers(&methods.to_ascii_uppercase(), &method.to_ascii_uppercase())
                && covers(&name.to_ascii_lowercase(), &host);
            let explicit = !name.contains('*') && self.is_named("http", parameter);
            fits.then_some(HostGrant { explicit })
        });
        // The grant that says most wins.
        fitting.max_by_key(|grant| grant.explicit)
    }

    /// Returns whether a place, such as `db.internal:5432`, may be connected to.
    pub(crate) fn allows_address(&self, place: &str) -> Option<HostGrant> {
        let (host, port) = split_port(place);
        let fitting = self.parameters("tcp").filter_map(|parameter| {
            let (name, ports) = split_port(parameter);
            let port_fits = ports.is_some_and(|ports| ports == "*" || Some(ports) == port);
            let fits = port_fits && covers(&name.to_ascii_lowercase(), host);
            let explicit = !name.contains('*') && self.is_named("tcp", parameter);
            fits.then_some(HostGrant { explicit })
        });
        fitting.max_by_key(|grant| grant.explicit)
    }

    /// Returns whether a method of the server's API may be called at a path.
    pub(crate) fn allows_api(&self, method: &str, path: &str) -> bool {
        let parts = |parameter: &str| -> Option<bool> {
            let (methods, paths) = parameter.split_once(' ')?;
            Some(covers(methods, method) && covers(paths, path))
        };
        self.parameters("kernel").any(|parameter| parts(parameter).unwrap_or(false))
    }

    /// Returns whether the bucket `name` may be opened.
    pub(crate) fn allows_bucket(&self, name: &str) -> bool {
        self.parameters("blob").any(|pattern| covers(pattern, name))
    }

    /// Returns whether the secret `name` may be used by way of `capability`.
    pub(crate) fn allows_secret(&self, capability: &str, name: &str) -> bool {
        self.parameters(capability).any(|pattern| covers(pattern, name))
    }

    /// Returns how many bytes the plugin's map may hold.
    pub(crate) fn kv_bytes(&self) -> u64 {
        self.parameters("kv").filter_map(|p| p.parse().ok()).max().unwrap_or(KV_BYTES)
    }

    /// Says what to do so that `wish` of `capability` is granted.
    pub(crate) fn way_out(&self, capability: &str, wish: Option<&str>) -> String {
        let asks = self.asked.get(capability).is_some_and(|asked| {
            wish.is_none_or(|w| asked.iter().any(|a| intersect(capability, a, w).is_some()))
        });
        if !asks {
            return "its manifest does not ask for it; add it to `requests` there, \
                    and build the plugin again"
                .to_owned();
        }
        let binding = &self.plugin;
        if self.is_fixed {
            let grant = quoted(&format!("{binding}={}", name(capability, wish)));
            return format!("start again with --grant {grant}");
        }
        let boundless = |asked: &String| is_boundless(&name(capability, Some(asked)));
        if wish.is_none() && self.asked[capability].iter().any(boundless) {
            let part = part_of(capability);
            return format!("`tenon plugin grant {binding} {part}` grants a part of it");
        }
        let rule = quoted(&name(capability, wish));
        format!("`tenon plugin grant {binding} {rule}` grants it")
    }

    fn is_named(&self, capability: &'static str, parameter: &str) -> bool {
        self.named.contains(&(capability, parameter.to_owned()))
    }

    fn parameters(&self, capability: &str) -> impl Iterator<Item = &str> {
        self.granted.get(capability).map_or(&[][..], Vec::as_slice).iter().map(String::as_str)
    }
}

/// Returns what is asked of a capability, wish by wish, with what the patterns give of each.
fn infos<'a>(
    capability: &str,
    requests: impl Iterator<Item = &'a Request>,
    patterns: &[Option<&str>],
) -> Vec<GrantInfo> {
    let info = |parameter: Option<&String>, reason: &str, granted| GrantInfo {
        capability: capability.to_owned(),
        parameter: parameter.cloned(),
        reason: reason.to_owned(),
        granted,
    };
    let whole = if patterns.is_empty() { Granted::Nothing } else { Granted::All };
    let mut infos = Vec::new();
    for request in requests {
        for wish in &request.parameters {
            let rules = patterns.iter().map(|pattern| pattern.unwrap_or("*"));
            let given = rules.filter_map(|rule| intersect(capability, wish, rule));
            let given: BTreeSet<String> = given.collect();
            let granted = match given.contains(wish) {
                true => Granted::All,
                false if given.is_empty() => Granted::Nothing,
                false => Granted::Part(given.into_iter().collect()),
            };
            infos.push(info(Some(wish), &request.reason, granted));
        }
        if request.parameters.is_empty() {
            infos.push(info(None, &request.reason, whole.clone()));
        }
    }
    if infos.is_empty() {
        // It is imported, and its manifest says nothing of it.
        infos.push(info(None, "", whole));
    }
    infos
}

/// Returns whether a rule names a place. One with a pattern in its host says nothing of private
/// addresses, whatever a plugin makes of it.
fn is_named(rule: &str) -> bool {
    let place = rule.split_once(' ').map_or(rule, |(_, place)| place);
    !split_port(place).0.contains('*')
}

/// Returns how a rule names `wish` of `capability`, such as `process:git`.
pub(crate) fn name(capability: &str, wish: Option<&str>) -> String {
    wish.map_or_else(|| capability.to_owned(), |wish| format!("{capability}:{wish}"))
}

/// Checks that a parameter is one that its capability can have. The error is the end of a sentence.
pub(crate) fn check_parameter(capability: &str, parameter: &str) -> Result<(), String> {
    let says = |expected: &str| Err(format!("{parameter:?} is not {expected}"));
    if parameter.len() > PARAMETER_BYTES {
        return Err(format!("it is longer than {PARAMETER_BYTES} bytes"));
    }
    if parameter.trim() != parameter || parameter.is_empty() {
        return says("the name of anything: leave out blanks, or the `:`");
    }
    match capability {
        "kv" if parameter != "*" && parameter.parse::<u64>().is_err() => {
            says("a number of bytes, such as kv:1000000")
        }
        "http" | "kernel" if parameter != "*" => match parameter.split_once(' ') {
            Some((method, place)) if !place.is_empty() && !place.contains(' ') => {
                if method.contains(char::is_lowercase) {
                    return says("a method in capitals and where to, such as GET example.com");
                }
                Ok(())
            }
            _ => says("a method and where to, such as GET example.com"),
        },
        "output" | "workspace" | "keyring" if parameter != "*" => {
            Err(format!("`{capability}` has no parameters"))
        }
        _ => Ok(()),
    }
}

/// Returns what both ask and rule allow, if they have anything in common.
pub(crate) fn intersect(capability: &str, ask: &str, rule: &str) -> Option<String> {
    if rule == "*" {
        return Some(ask.to_owned());
    }
    match capability {
        "kv" => {
            let (ask, rule) = (ask.parse::<u64>().ok()?, rule.parse::<u64>().ok()?);
            Some(ask.min(rule).to_string())
        }
        "http" | "kernel" => {
            let ((ask_method, ask_host), (method, host)) =
                (ask.split_once(' ')?, rule.split_once(' ')?);
            Some(format!("{} {}", narrower(ask_method, method)?, narrower(ask_host, host)?))
        }
        _ => narrower(ask, rule).map(str::to_owned),
    }
}

/// Returns the one of two patterns that the other covers.
fn narrower<'a>(a: &'a str, b: &'a str) -> Option<&'a str> {
    if covers(b, a) {
        Some(a)
    } else if covers(a, b) {
        Some(b)
    } else {
        None
    }
}

/// Splits `host[:port]`, where the host may be an IPv6 address in brackets.
fn split_port(place: &str) -> (&str, Option<&str>) {
    match place.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (place, None),
    }
}

/// Returns whether `pattern`, in which `*` stands for any text, fits the whole of `text`.
pub(crate) fn covers(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// Returns whether some text fits both patterns.
pub(crate) fn meet(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    // Whether what follows each place in `a` meets what follows one place in `b`, from the end.
    let mut after = vec![false; a.len() + 1];
    for j in (0..=b.len()).rev() {
        let mut here = vec![false; a.len() + 1];
        for i in (0..=a.len()).rev() {
            here[i] = match (a.get(i), b.get(j)) {
                (None, None) => true,
                (Some('*'), Some(_)) => here[i + 1] || after[i],
                (Some(_), Some('*')) => here[i + 1] || after[i],
                (Some('*'), None) => here[i + 1],
                (None, Some('*')) => after[i],
                (Some(x), Some(y)) => x == y && after[i + 1],
                (None, Some(_)) | (Some(_), None) => false,
            };
        }
        after = here;
    }
    after[0]
}

#[cfg(test)]
mod tests;
