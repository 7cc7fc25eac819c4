use crate::knowledge::guides::{Guide, GuidePart, GuideWay};

pub(super) const GUIDE: Guide = Guide {
    name: "tls",
    about: "how to get TLS keys, and what wslog says with and without them",
    parts: &[USE, KEYS, PROXIES, WITHOUT, WORTH],
};

const fn way(
    of: &'static str,
    text: &'static str,
    lines: &'static [&'static str],
    source: &'static str,
) -> GuideWay {
    GuideWay { of, text, lines, source }
}

const USE: GuidePart = GuidePart {
    title: "With keys",
    text: &[
        "One end of the connection writes its keys to a file, a key log (RFC 9850), during the capture. Either end \
         will do. The certificate's private key does not help: it cannot decrypt TLS 1.3 or most TLS 1.2.",
        "wslog decrypts TLS 1.3 with AES-GCM and ChaCha20-Poly1305, and TLS 1.2 with these and AES-CBC, on any port, \
         also after a proxy's CONNECT. The handshake must be in the recording, as keys are found by the ClientHello: \
         start the capture and the key log before the connection is opened.",
    ],
    ways: &[
        way(
            "a recording",
            "Repeat --keylog for several logs, for example from both sides of a proxy.",
            &["wslog inspect --keylog keys.log capture.pcap"],
            "",
        ),
        way(
            "while it runs",
            "Keys added to the log meanwhile are read too.",
            &["tcpdump -U -w - port 443 | wslog inspect --keylog keys.log -"],
            "",
        ),
        way(
            "SSLKEYLOGFILE",
            "env means the file that this variable names.",
            &["wslog inspect --keylog env capture.pcap"],
            "",
        ),
        way(
            "keys inside",
            "editcap, which comes with Wireshark, puts keys into the capture as a pcapng Decryption Secrets Block. \
             wslog and Wireshark then use them automatically.",
            &["editcap --inject-secrets tls,keys.log capture.pcap with-keys.pcapng"],
            "editcap 4.0.17",
        ),
    ],
};

const KEYS: GuidePart = GuidePart {
    title: "How programs write a key log",
    text: &[
        "Many programs support the environment variable SSLKEYLOGFILE, which names the file. It must be set when the \
         program starts.",
    ],
    ways: &[
        way(
            "Chrome, Edge",
            "And other Chromium browsers: the variable, or an option. If the browser is already running, this only \
             opens another window and logs nothing: close all its windows first, or use a separate profile \
             (--user-data-dir).",
            &["google-chrome --user-data-dir=$PWD/profile --ssl-key-log-file=$PWD/keys.log"],
            "https://github.com/chromium/chromium/blob/main/services/network/public/cpp/network_switches.cc",
        ),
        way(
            "Firefox",
            "The variable; some distributions build Firefox without support for it, as Debian did. Close Firefox \
             first, too.",
            &["SSLKEYLOGFILE=$PWD/keys.log firefox"],
            "https://nss-crypto.org/reference/security/nss/legacy/key_log_format/index.html",
        ),
        way(
            "Node.js",
            "An option, for both client and server; NODE_OPTIONS reaches a program that something else starts. The \
             variable SSLKEYLOGFILE does nothing.",
            &["node --tls-keylog=keys.log app.js", "NODE_OPTIONS=--tls-keylog=$PWD/keys.log npm start"],
            "Node.js 20.20.2",
        ),
        way(
            "Python",
            "The variable, for contexts made by ssl.create_default_context(). For any other context set \
             ctx.keylog_filename.",
            &["SSLKEYLOGFILE=keys.log python app.py"],
            "Python 3.11.7",
        ),
        way(
            "curl",
            "The variable, if its TLS library supports it; OpenSSL does.",
            &["SSLKEYLOGFILE=keys.log curl https://server.example/"],
            "curl 7.88.1 with OpenSSL 3.0.19",
        ),
        way(
            "Go",
            "A line in the program: set KeyLogWriter in its tls.Config to an io.Writer for the file.",
            &["&tls.Config{KeyLogWriter: file}"],
            "https://pkg.go.dev/crypto/tls#Config",
        ),
        way(
            "Java",
            "An agent, extract-tls-secrets, writes the keys of javax.net.ssl connections; do not rename its jar.",
            &["java -javaagent:extract-tls-secrets-4.0.0.jar=$PWD/keys.log -jar app.jar"],
            "https://github.com/neykov/extract-tls-secrets",
        ),
        way(
            "rustls",
            "A line in the program; then the variable.",
            &["config.key_log = Arc::new(rustls::KeyLogFile::new());"],
            "https://docs.rs/rustls/latest/rustls/struct.KeyLogFile.html",
        ),
        way(
            "GnuTLS",
            "The variable, in every program that uses it.",
            &["SSLKEYLOGFILE=keys.log gnutls-cli server.example"],
            "GnuTLS 3.7.9",
        ),
        way(
            "OpenSSL",
            "Its own commands have an option. Version 3.0 does not support the variable: a program built on it logs \
             keys only if it calls SSL_CTX_set_keylog_callback.",
            &["openssl s_client -connect server.example:443 -keylogfile keys.log"],
            "OpenSSL 3.0.19",
        ),
    ],
};

const PROXIES: GuidePart = GuidePart {
    title: "If a proxy terminates TLS",
    text: &[
        "Behind it the connection is often in the clear: capture there, and you need no keys. Otherwise the proxy \
         can log its own.",
    ],
    ways: &[
        way(
            "HAProxy",
            "tune.ssl.keylog in the global section, and a log line for each label; for TLS 1.2 a CLIENT_RANDOM line \
             with ssl_fc_session_key. Strip everything that its log puts before the label.",
            &[
                "tune.ssl.keylog on",
                "log-format \"CLIENT_TRAFFIC_SECRET_0 %[ssl_fc_client_random,hex] %[ssl_fc_client_traffic_secret_0]\"",
            ],
            "HAProxy 2.6 Configuration Manual, tune.ssl.keylog",
        ),
        way(
            "Envoy",
            "key_log in the common_tls_context of a listener or cluster.",
            &["key_log: { path: /var/lib/envoy/keys.log }"],
            "https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/transport_sockets/tls/v3/tls.proto",
        ),
        way(
            "nginx",
            "Version 1.22 has no setting for it: capture between nginx and the server behind it, or let the client \
             write the keys.",
            &[],
            "nginx 1.22.1",
        ),
    ],
};

const WITHOUT: GuidePart = GuidePart {
    title: "Without keys",
    text: &[
        "The host that the client named, the protocols it offered, the version and cipher, why a handshake failed if \
         an alert says so, how many records went each way and when, who was silent before the end, and how TCP \
         ended: idle timeouts, resets, and hosts that no longer answer are reported as likely or undetermined. \
         Connections that may be WebSocket have the outcome encrypted: neither clean nor unclean, and not judged by \
         --fail-on.",
        "Never: whether it was WebSocket at all, Close codes and reasons, frames, messages, or which rule was \
         broken; nor, in TLS 1.3, what an alert says once the handshake is encrypted, or whether it was close_notify.",
    ],
    ways: &[],
};

const WORTH: GuidePart = GuidePart {
    title: "Keep the key log safe",
    text: &[
        "Anyone who has it and the recording can read every connection in both, including cookies and passwords. \
         wslog never shows a key. Write the log where only you can read it, delete it when you are done, and share a \
         recording of the one connection with its keys inside, not the log: editcap --inject-secrets includes every \
         key in the log, so first cut the log down to the lines with that connection's client random.",
    ],
    ways: &[],
};
