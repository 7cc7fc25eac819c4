use crate::knowledge::guides::{Guide, GuidePart, GuideWay};

pub(super) const GUIDE: Guide = Guide {
    name: "tls",
    about: "how the keys of TLS are had, what wslog says with them, and what without",
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
        "One end of the connection writes its keys to a file, a key log (RFC 9850), while the packets are recorded. Either end will \
         do. The certificate's private key is no help: TLS 1.3 and most of TLS 1.2 cannot be decrypted with it.",
        "wslog decrypts TLS 1.3 with AES-GCM and ChaCha20-Poly1305, and TLS 1.2 with these and AES-CBC, on any port, behind the \
         CONNECT of a proxy too. The handshake must be in the recording, for keys are found by the client's hello: begin to record, \
         and to log keys, before the connection is opened.",
    ],
    ways: &[
        way(
            "a recording",
            "--keylog can be given several times, as for both sides of a proxy.",
            &["wslog inspect --keylog keys.log capture.pcap"],
            "",
        ),
        way(
            "while it runs",
            "What is added to the key log meanwhile is read too.",
            &["tcpdump -U -w - port 443 | wslog inspect --keylog keys.log -"],
            "",
        ),
        way(
            "SSLKEYLOGFILE",
            "env stands for the file that this variable names.",
            &["wslog inspect --keylog env capture.pcap"],
            "",
        ),
        way(
            "keys inside",
            "editcap, which comes with Wireshark, puts keys into the capture, as a Decryption Secrets Block of pcapng. wslog and \
             Wireshark use them without being asked.",
            &["editcap --inject-secrets tls,keys.log capture.pcap with-keys.pcapng"],
            "editcap 4.0.17",
        ),
    ],
};

const KEYS: GuidePart = GuidePart {
    title: "How programs write a key log",
    text: &[
        "Many heed the variable SSLKEYLOGFILE, which names the file. It must be there when the program starts.",
    ],
    ways: &[
        way(
            "Chrome, Edge",
            "And other browsers made of Chromium: the variable, or an option. A browser that runs already only opens a window, and \
             logs nothing: close all of its windows first, or use a profile of its own (--user-data-dir).",
            &["google-chrome --user-data-dir=/tmp/profile --ssl-key-log-file=/tmp/keys.log"],
            "https://github.com/chromium/chromium/blob/main/services/network/public/cpp/network_switches.cc",
        ),
        way(
            "Firefox",
            "The variable; some distributions build it without, Debian's did. Close it first, too.",
            &["SSLKEYLOGFILE=/tmp/keys.log firefox"],
            "https://nss-crypto.org/reference/security/nss/legacy/key_log_format/index.html",
        ),
        way(
            "Node.js",
            "An option, as client and as server; NODE_OPTIONS reaches a program that something else starts. The variable \
             SSLKEYLOGFILE does nothing.",
            &["node --tls-keylog=/tmp/keys.log app.js", "NODE_OPTIONS=--tls-keylog=/tmp/keys.log npm start"],
            "Node.js 20.20.2",
        ),
        way(
            "Python",
            "The variable, for contexts made by ssl.create_default_context(). Any other takes the file's name: ctx.keylog_filename.",
            &["SSLKEYLOGFILE=/tmp/keys.log python app.py"],
            "Python 3.11.7",
        ),
        way(
            "curl",
            "The variable, if its TLS library can; with OpenSSL it can.",
            &["SSLKEYLOGFILE=/tmp/keys.log curl https://server.example/"],
            "curl 7.88.1 with OpenSSL 3.0.19",
        ),
        way(
            "Go",
            "A line in the program: the KeyLogWriter of its tls.Config is an io.Writer to the file.",
            &["&tls.Config{KeyLogWriter: file}"],
            "https://pkg.go.dev/crypto/tls#Config",
        ),
        way(
            "Java",
            "An agent, extract-tls-secrets, writes the keys of connections of javax.net.ssl; its jar must keep its name.",
            &["java -javaagent:extract-tls-secrets-4.0.0.jar=/tmp/keys.log -jar app.jar"],
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
            &["SSLKEYLOGFILE=/tmp/keys.log gnutls-cli server.example"],
            "GnuTLS 3.7.9",
        ),
        way(
            "OpenSSL",
            "Its own commands have an option. Version 3.0 does not heed the variable: a program built on it logs keys only if it calls \
             SSL_CTX_set_keylog_callback.",
            &["openssl s_client -connect server.example:443 -keylogfile /tmp/keys.log"],
            "OpenSSL 3.0.19",
        ),
    ],
};

const PROXIES: GuidePart = GuidePart {
    title: "Where a proxy ends TLS",
    text: &[
        "Behind it the connection is often in the clear: record there, and no keys are needed. Otherwise the proxy can log its own.",
    ],
    ways: &[
        way(
            "HAProxy",
            "tune.ssl.keylog in the global section, and a log line of each label; a CLIENT_RANDOM line, made of ssl_fc_session_key, serves \
             TLS 1.2. What its log puts before the label has to be taken off.",
            &[
                "tune.ssl.keylog on",
                "log-format \"CLIENT_TRAFFIC_SECRET_0 %[ssl_fc_client_random,hex] %[ssl_fc_client_traffic_secret_0]\"",
            ],
            "HAProxy 2.6 Configuration Manual, tune.ssl.keylog",
        ),
        way(
            "Envoy",
            "key_log in the common_tls_context of a listener or a cluster.",
            &["key_log: { path: /tmp/keys.log }"],
            "https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/transport_sockets/tls/v3/tls.proto",
        ),
        way(
            "nginx",
            "Version 1.22 has no setting for it: record between it and the server behind it, or let the client write the keys.",
            &[],
            "nginx 1.22.1",
        ),
    ],
};

const WITHOUT: GuidePart = GuidePart {
    title: "Without keys",
    text: &[
        "The host that the client named, the protocols it offered, version and cipher, why a handshake failed where an alert says so, \
         how many records went each way and when, who was silent before the end, and how TCP ended: idle time-outs, resets, hosts \
         that no longer answer are named, likely or undetermined. Connections that may be WebSocket have the outcome encrypted: \
         neither clean nor unclean, and not judged by --fail-on.",
        "Never: whether it was WebSocket at all, Close codes and reasons, frames, messages, which rule was broken; in TLS 1.3 nor \
         what an alert says once the handshake has got as far as encryption, or whether it was close_notify.",
    ],
    ways: &[],
};

const WORTH: GuidePart = GuidePart {
    title: "What a key log is worth",
    text: &[
        "Whoever has it and the recording can read all connections in both, cookies and passwords included. wslog shows no key \
         anywhere. Write it where only you can read it, delete it when you are done, and share a recording of the one connection \
         with its keys inside, not the log: editcap --inject-secrets puts in all keys of the log, so cut the log down to the \
         lines with the client random of that connection first.",
    ],
    ways: &[],
};
