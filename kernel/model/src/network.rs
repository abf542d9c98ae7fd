//! Networks, and what may be dialled.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A network, such as `10.0.0.0/8`. A single address is a network of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    address: IpAddr,
    bits: u8,
}

impl Cidr {
    /// Returns whether the address lies in it. An IPv4 address in IPv6 clothes counts as what it is.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(net), IpAddr::V4(ip)) => mask_v4(net, self.bits) == mask_v4(ip, self.bits),
            (IpAddr::V6(net), IpAddr::V6(ip)) => mask_v6(net, self.bits) == mask_v6(ip, self.bits),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

fn mask_v4(address: Ipv4Addr, bits: u8) -> u32 {
    address.to_bits() & u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0)
}

fn mask_v6(address: Ipv6Addr, bits: u8) -> u128 {
    address.to_bits() & u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0)
}

impl FromStr for Cidr {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!("{text:?} is not a network; expected an address and bits, such as 10.0.0.0/8")
        };
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => most,
            Some(bits) => bits.parse().map_err(|_| wrong())?,
        };
        if bits > most {
            return Err(format!("{text:?} is not a network; an address has {most} bits at most"));
        }
        let rest = match address {
            IpAddr::V4(v4) => mask_v4(v4, bits) != v4.to_bits(),
            IpAddr::V6(v6) => mask_v6(v6, bits) != v6.to_bits(),
        };
        if rest {
            return Err(format!(
                "{text:?} has bits behind its first {bits}; write the first address of the \
                 network, or /{most} for one address"
            ));
        }
        Ok(Self { address, bits })
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

/// What may be dialled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    Network(Cidr),
    /// This name, in lower case.
    Host(String),
    /// Every name that ends so; it begins with a dot.
    Under(String),
}

impl Destination {
    /// Returns whether a host is meant by its name.
    #[must_use]
    pub fn names(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        match self {
            Self::Network(_) => false,
            Self::Host(name) => *name == host,
            Self::Under(end) => host.len() > end.len() && host.ends_with(end.as_str()),
        }
    }
}

impl FromStr for Destination {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.contains('/') || text.parse::<IpAddr>().is_ok() {
            return text.parse().map(Self::Network);
        }
        let (is_under, name) = text.strip_prefix("*.").map_or((false, text), |rest| (true, rest));
        let label = |label: &str| {
            !label.is_empty()
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        if !name.split('.').all(label) {
            return Err(format!(
                "{text:?} is neither a network, such as 10.0.0.0/8, nor a host, such as \
                 git.example.com or *.example.com"
            ));
        }
        let name = name.to_ascii_lowercase();
        Ok(if is_under { Self::Under(format!(".{name}")) } else { Self::Host(name) })
    }
}
