//! Addresses asked for.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use thiserror::Error;

/// An address, a network, a port, or both: `10.0.0.7`, `10.0.0.0/8`, `10.0.0.7:8080`, `[2001:db8::1]:443`, `:8080`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Address, and how many of its leading bits count; `None`: any.
    net: Option<(IpAddr, u32)>,
    port: Option<u16>,
}

/// A text that is no [`Peer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "write an address, with a port if that matters: 10.0.0.7, 10.0.0.0/8, 10.0.0.7:8080, [2001:db8::1]:443, :8080"
)]
pub struct BadPeer;

impl Peer {
    /// Whether that is one of those meant.
    #[must_use]
    pub fn is(&self, address: SocketAddr) -> bool {
        self.port.is_none_or(|port| port == address.port())
            && self.net.is_none_or(|(net, bits)| match (net, address.ip().to_canonical()) {
                (IpAddr::V4(net), IpAddr::V4(ip)) => (net.to_bits() ^ ip.to_bits()).leading_zeros() >= bits,
                (IpAddr::V6(net), IpAddr::V6(ip)) => (net.to_bits() ^ ip.to_bits()).leading_zeros() >= bits,
                _ => false,
            })
    }
}

impl FromStr for Peer {
    type Err = BadPeer;

    fn from_str(text: &str) -> Result<Self, BadPeer> {
        if let Some(port) = text.strip_prefix(':')
            && let Ok(port) = port.parse()
        {
            return Ok(Self { net: None, port: Some(port) });
        }
        if let Ok(address) = text.parse::<SocketAddr>() {
            let ip = address.ip().to_canonical();
            return Ok(Self { net: Some((ip, width(ip))), port: Some(address.port()) });
        }
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        let (ip, bits) = match bare.split_once('/') {
            Some((ip, bits)) => (ip, Some(bits.parse::<u32>().map_err(|_| BadPeer)?)),
            None => (bare, None),
        };
        let ip: IpAddr = ip.parse().map_err(|_| BadPeer)?;
        let bits = bits.unwrap_or(width(ip));
        if bits > width(ip) {
            return Err(BadPeer);
        }
        Ok(Self { net: Some((ip, bits)), port: None })
    }
}

const fn width(ip: IpAddr) -> u32 {
    match ip {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers() {
        for (peer, address, fits) in [
            ("10.0.0.7", "10.0.0.7:1", true),
            ("10.0.0.7", "10.0.0.8:1", false),
            ("10.0.0.0/8", "10.9.9.9:1", true),
            ("10.0.0.0/8", "11.0.0.1:1", false),
            ("0.0.0.0/0", "11.0.0.1:1", true),
            ("0.0.0.0/0", "[::1]:1", false),
            ("10.0.0.7:80", "10.0.0.7:80", true),
            ("10.0.0.7:80", "10.0.0.7:81", false),
            (":443", "[2001:db8::1]:443", true),
            ("[2001:db8::1]:443", "[2001:db8::1]:443", true),
            ("2001:db8::/32", "[2001:db8:1::1]:443", true),
            ("[2001:db8::1]", "[2001:db8::2]:443", false),
            ("10.0.0.7", "[::ffff:10.0.0.7]:80", true),
        ] {
            let peer: Peer = peer.parse().expect(peer);
            assert_eq!(peer.is(address.parse().expect(address)), fits, "{peer:?} {address}");
        }
        for bad in ["", "x", ":", ":x", "10.0.0.0/33", "10.0.0.7:99999", "1.2.3"] {
            assert_eq!(bad.parse::<Peer>(), Err(BadPeer), "{bad}");
        }
    }
}
