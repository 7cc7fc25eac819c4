//! Words that stay where names are replaced: those that routes, fields and protocols are made of, and that anybody may say. What is
//! none of them may be somebody's name.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::redact::pseudonyms::words::folded;

/// In order, with spaces between them.
const WORDS: &str = "\
ably accept acceptable access account action actioncable active address admin after again age agent agents akamai \
alive all allow allowed alt am amqp amz amzn an and any apache api app apple application apps apr are arpa arraffinity \
array as asp aspxauth asset assets async at attach attempt audio aug auth authenticate authenticated authentication \
authority authorization authorized autobahn autobahntestsuite available away aws awsalb awsalbcors azure b3 back \
backend bad baggage base base64 basic batch be bearer been before begin bidi bin binary binlog bits biz bm board body \
bot both bridge broadcast browser buffer build bus but by bye byte bytes bz2 cable cache caddy call callback calls can \
cancel cancelled candidate cap capabilities capsule capture captures case cases casetuple cdp centrifuge centrifugo \
cert certificate cf cfray challenge change changes channel channels charset chat check clearance client clients clock \
close closed closing cloud cloudflare cloudfront cluster coap code codec collaboration com command comment comments \
compress compression config configuration conflict connect connected connecting connection connections consumer \
content context continue control cookie cookies copy core corp cors could count counter cpu create created cross csp \
csrf csrftoken css csv current custom cx dap daphne dashboard data database date day debug dec default deflate \
deflate64 delete delivered demo denied deny dest destination dev device devices devtools did diff digest direct \
directory disconnect disconnected dispatch display dmp dnt do docs document documents does domain domains done down \
downlink download duplex duplicate duration echo edge edit editor edu eio element embed empty enable enabled encoding \
end endpoint endpoints engine entity entry env environment envoy eof error errors etag event events example exceeded \
exchange exec expect expected expired expires export exposed express extension extensions external failed failure \
false fast fastly fault feb feed fetch field fields file files filter finished first flag flags flash font for \
forbidden form format forward forwarded forwarder found fragment frame frames fri friday from front frontend full \
fuzzing fuzzingclient fuzzingserver ga gateway gecko get getcasecount getcaseinfo getcasestatus gid global gmt goaway \
going gone goog google gov graph graphql group groups grpc guest gunicorn gz gzip had handler handshake haproxy has \
hash have he head header headers health heartbeat hello her heroku hex hidden high his history hmac hmr home hook hop \
host hosts hot hour hours how hsts htm html http http2 httponly https hub hypercorn id identity idle ids if ignore iis \
image images immutable implementation in inactive inactivity index inf infinity info init initial input insecure \
inspect install instance int integer intent interest interface internal into intranet invalid invite io iot ip ipv4 \
ipv6 is istio it item items its jan job jobs join joined js jsessionid json jsonp jsonrpc jul jun jwt k8s keep \
keepalive kernel kernels key keyboard keyid keys khtml kind kong kubernetes lan lang language laravel large last \
lastid late latest lax layer leader leave left length level levels like limit limited limits line lines link list \
listen listener live liveview load local localdomain localhost location lock log logger login logout logs long \
longpoll lost lower lsp lz4 main manager map mar mask masked match max maximum may media member members memory message \
messages meta metadata method methods metric metrics microsoft mil mime min minute minutes missing mobile mode model \
modified module modules mon monday monitor monitoring more most mozilla mqtt mqttv3 ms msg msgpack mux name names nan \
native navigate negotiate nel net network never new next nginx nil no nocache node nodes nonce none nor normal nosniff \
nostore not note notes notification notifications notify nov novnc now null number object observe ocpp ocpp16 ocpp20 \
oct of off offer offers offline ohttp ok old on once onion online only open opened operation opt option options or \
order orders org origin original other our out output over overload overloaded own owner packet page pages panel \
parameter params parent parentspanid parser part partial party password passwords patch path pause payload pcap pcapng \
peer peers pending permanent permessage permission permissions permit phoenix phpsessid phx ping pipe place plain \
platform play player plugin pm point policy poll polling pong pool port portforward ports post postgres powered pragma \
prefer prefix preflight presence preview previous primary priority private process producer product production profile \
project projects proto protobuf protocol protocols proxy public publish pubsub push pusher put python quality query \
queue quic quit quotes random range rate ratio raw ray read readonly ready real realip realm realtime reason reconnect \
record recording records redirect redis refer referer referrer refresh refused region register reject rejected release \
reload remote remove replay replica reply report reports request requested requests required reset resource resources \
response rest restart result results resume retry return revalidate revision rfc role room rooms root route router \
routes row rows rpc rsv rtc rule rules run runcase running same sameorigin samesite sampled sandbox sat saturday \
schema scheme scope screen script sdk search sec second seconds secret secure security segment select sent sentinel \
sep seq sequence server servers service services sessid session sessionid sessions set setting settings shard share \
shared she shell shutdown shutting sid sign signal signaling signalling signalr signature signed since single sip site \
size slow sni so soap soapjson sock socket socketio sockets sockjs software soketi some source space spanid spec speed \
squid sse ssl stage staging stale standard start started state static statistics stats status stomp stop stopped \
storage store stream streaming streams strict string sub subject submit subprotocol subprotocols subscribe \
subscription subscriptions success such sun sunday super superchat support supported suspended swagger switch \
switching sync sys system tab table tag tags takeover tar target task tasks te team teams tech temporarily temporary \
tenant term terminal terminate terminated test testee tester tests text than that the their them then there these they \
this those thread threads through thu thursday ticker tickers ticket time timed timeout timeouts timer timestamp title \
tls to token tokens too tool tools top topic topics tornado total trace traceid traceparent tracestate track trade \
trades traefik traffic trailer trailers transfer transport transports trc true try tue tuesday tunnel twisted txt type \
types ua unauthenticated unauthorized unavailable undefined under unexpected unique unit unix unknown unmasked unsafe \
unsubscribe unsupported until up update updated updatereports updates upgrade upgraded upload upper uri url use used \
user userid username users utc utf utf8 utm uuid uvicorn v1alpha v1beta valid value values varnish varnished vary \
vegur vendor ver version versions via video view viewer violation visitor vite vnc voice volume vsn wait wamp warn \
warning was wasm watch watcher we web webdriver webhook webhooks webkit websocket websockets webtransport wed \
wednesday week were werkzeug what when where which while who why widget width will win window windows with without \
word work worker workers workspace world would wrapper write writer wrong ws wss www xml xmpp xsrf xz year yes you \
your zip zlib zone zst zstd";

/// Most bytes that one has.
const LONGEST: usize = 24;

/// Ends of host names that say nothing of whose they are: generic ones (RFC 2606, 6761, 6762 and what people use).
const ENDS: &[&str] = &[
    "app",
    "arpa",
    "biz",
    "cloud",
    "com",
    "corp",
    "dev",
    "edu",
    "example",
    "gov",
    "home",
    "info",
    "int",
    "internal",
    "invalid",
    "io",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "mil",
    "net",
    "onion",
    "org",
    "test",
];

/// Whether such a word stays.
pub(super) fn is_common(word: &[u8]) -> bool {
    static KNOWN: LazyLock<HashSet<&'static [u8]>> =
        LazyLock::new(|| WORDS.split(' ').map(str::as_bytes).collect());
    let is_known = |word: &[u8]| {
        word.len() <= LONGEST && (word.len() == 1 && word.is_ascii() || KNOWN.contains(&*folded(word)))
    };
    match word {
        [b'0'..=b'9', ..] if word.iter().all(u8::is_ascii_digit) => false,
        [b'v' | b'V', digits @ ..]
            if (1..=2).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit) =>
        {
            true
        }
        _ => is_known(word) || word.len() <= 2 * LONGEST && parts(word).all(is_known),
    }
}

/// Whether a host name may end so.
pub(super) fn is_end(label: &[u8]) -> bool {
    str::from_utf8(&folded(label)).is_ok_and(|label| ENDS.contains(&label))
}

/// Parts of `camelCase`.
fn parts(word: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = word.get(at..).filter(|rest| !rest.is_empty())?;
        let capitals = rest.iter().take_while(|b| b.is_ascii_uppercase()).count();
        let small = |from: usize| rest.iter().skip(from).take_while(|b| !b.is_ascii_uppercase()).count();
        let len = match (capitals, small(capitals)) {
            (0 | 1, small) => capitals + small,
            (capitals, 0) => capitals,
            // The last capital begins the next word.
            (capitals, _) => capitals - 1,
        };
        at += len;
        rest.get(..len)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order() {
        let words: Vec<&str> = WORDS.split(' ').collect();
        assert!(words.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(words.iter().all(|word| (2..=LONGEST).contains(&word.len())));
    }

    #[test]
    fn what_stays() {
        for word in [
            "chat",
            "runCase",
            "getCaseCount",
            "v1",
            "V12",
            "WebSocket",
            "JSESSIONID",
            "APIKey",
            "http2",
            "x",
        ] {
            assert!(is_common(word.as_bytes()), "{word}");
        }
        for word in ["alice", "room7", "7", "v100", "vv1", "chatAlice", "größe", "", "4711"] {
            assert!(!is_common(word.as_bytes()) || word.is_empty(), "{word}");
        }
    }
}
