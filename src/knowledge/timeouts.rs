//! How long things between client and server keep an idle connection.

/// A well-known idle time-out of something between client and server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownTimeout {
    /// Whose, and its setting.
    pub name: &'static str,
    /// What it is unless configured otherwise, or what it is commonly configured to.
    pub seconds: u32,
}

/// Idle time-outs by their length, as their documentation has them. Matching one is a coincidence until the
/// configuration says otherwise.
pub const TIMEOUTS: &[KnownTimeout] = &[
    KnownTimeout { name: "the Heroku router", seconds: 55 },
    KnownTimeout { name: "nginx (proxy_read_timeout)", seconds: 60 },
    KnownTimeout { name: "the AWS Application Load Balancer", seconds: 60 },
    KnownTimeout { name: "Cloudflare", seconds: 100 },
    KnownTimeout { name: "the Azure Load Balancer", seconds: 240 },
    KnownTimeout { name: "Envoy (stream_idle_timeout)", seconds: 300 },
    KnownTimeout { name: "the AWS Network Load Balancer", seconds: 350 },
    KnownTimeout { name: "the AWS API Gateway", seconds: 600 },
    KnownTimeout { name: "HAProxy (timeout tunnel)", seconds: 3600 },
];
