//! How long things between client and server keep an idle connection.

/// A well-known idle time-out of something between client and server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownTimeout {
    /// Whose, and its setting.
    pub name: &'static str,
    /// What it is unless configured otherwise, or what it is commonly configured to.
    pub seconds: u32,
    /// Where that is documented.
    pub source: &'static str,
}

const fn known(name: &'static str, seconds: u32, source: &'static str) -> KnownTimeout {
    KnownTimeout { name, seconds, source }
}

/// Idle time-outs by their length, as their documentation has them. Matching one is a coincidence until the
/// configuration says otherwise.
pub const TIMEOUTS: &[KnownTimeout] = &[
    known("the Heroku router", 55, "Heroku Dev Center: Request Timeout"),
    known("nginx (proxy_read_timeout)", 60, "nginx documentation: ngx_http_proxy_module"),
    known(
        "the AWS Application Load Balancer",
        60,
        "Elastic Load Balancing, Application Load Balancers: idle_timeout",
    ),
    known("Cloudflare", 100, "Cloudflare Docs: Connection limits"),
    known("the Azure Load Balancer", 240, "Azure Load Balancer: TCP reset and idle timeout"),
    known("Envoy (stream_idle_timeout)", 300, "Envoy documentation: HTTP connection manager"),
    known(
        "the AWS Network Load Balancer",
        350,
        "Elastic Load Balancing, Network Load Balancers: connection idle timeout",
    ),
    known("the AWS API Gateway", 600, "Amazon API Gateway: quotas of WebSocket APIs"),
    known("HAProxy (timeout tunnel)", 3600, "HAProxy Configuration Manual: timeout tunnel, in its examples"),
];
