use super::*;
use crate::model::unhex;

const CAP: u64 = 1 << 20;

fn text(field: &Field) -> String {
    let part = |part: &Option<Text>| {
        part.as_ref().map_or("?".to_owned(), |bytes| String::from_utf8_lossy(bytes).into_owned())
    };
    format!("{}: {}", part(&field.name), part(&field.value))
}

/// Blocks in hex that follow one another on a connection, and the fields of each.
#[track_caller]
fn check(decoder: &mut Decoder, blocks: &[(&str, Result<&[&str], Bad>)]) {
    for (hex, expected) in blocks {
        let bytes = unhex(hex.replace(' ', "").as_bytes()).expect("hex");
        let fields =
            decoder.decode(&bytes, CAP).map(|block| block.fields.iter().map(text).collect::<Vec<_>>());
        assert_eq!(fields, expected.map(|fields| fields.iter().map(|f| (*f).to_owned()).collect()), "{hex}");
    }
}

#[test]
fn literals_of_rfc_7541_c_2() {
    let new = || Decoder::new(true, CAP);
    check(
        &mut new(),
        &[(
            "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572",
            Ok(&["custom-key: custom-header"]),
        )],
    );
    check(&mut new(), &[("040c 2f73 616d 706c 652f 7061 7468", Ok(&[":path: /sample/path"]))]);
    check(&mut new(), &[("1008 7061 7373 776f 7264 0673 6563 7265 74", Ok(&["password: secret"]))]);
    check(&mut new(), &[("82", Ok(&[":method: GET"]))]);
}

const FIRST: &[&str] = &[":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"];
const SECOND: &[&str] =
    &[":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com", "cache-control: no-cache"];
const THIRD: &[&str] = &[
    ":method: GET",
    ":scheme: https",
    ":path: /index.html",
    ":authority: www.example.com",
    "custom-key: custom-value",
];

#[test]
fn requests_of_rfc_7541_c_3_and_c_4() {
    let plain = [
        "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
        "8286 84be 5808 6e6f 2d63 6163 6865",
        "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
    ];
    let coded = [
        "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
        "8286 84be 5886 a8eb 1064 9cbf",
        "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
    ];
    for blocks in [plain, coded] {
        let mut decoder = Decoder::new(true, CAP);
        for ((block, fields), size) in blocks.into_iter().zip([FIRST, SECOND, THIRD]).zip([57, 110, 164]) {
            check(&mut decoder, &[(block, Ok(fields))]);
            assert_eq!(decoder.held(), size, "{block}");
        }
    }
}

/// With a table of 256 bytes, so that entries are evicted; in plain, and in the Huffman code.
#[test]
fn responses_of_rfc_7541_c_5_and_c_6() {
    let first: &[&str] = &[
        ":status: 302",
        "cache-control: private",
        "date: Mon, 21 Oct 2013 20:13:21 GMT",
        "location: https://www.example.com",
    ];
    let second: &[&str] = &[
        ":status: 307",
        "cache-control: private",
        "date: Mon, 21 Oct 2013 20:13:21 GMT",
        "location: https://www.example.com",
    ];
    let third: &[&str] = &[
        ":status: 200",
        "cache-control: private",
        "date: Mon, 21 Oct 2013 20:13:22 GMT",
        "location: https://www.example.com",
        "content-encoding: gzip",
        "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
    ];
    let plain = [
        "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
        "4803 3330 37c1 c0bf",
        "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31",
    ];
    let coded = [
        "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
        "4883 640e ffc1 c0bf",
        "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07",
    ];
    for blocks in [plain, coded] {
        let mut decoder = Decoder::new(true, CAP);
        check(&mut decoder, &[(UPDATE_TO_256, Ok(&[]))]);
        for ((block, fields), size) in blocks.into_iter().zip([first, second, third]).zip([222, 222, 215]) {
            check(&mut decoder, &[(block, Ok(fields))]);
            assert_eq!(decoder.held(), size, "{block}");
        }
    }
}

/// A size update, as an encoder sends it when it has read such a SETTINGS_HEADER_TABLE_SIZE.
const UPDATE_TO_256: &str = "3f e1 01";

#[test]
fn tables_go_by_what_the_reader_allows_and_the_encoder_says() {
    let big = ["40 01 61 01 62"; 100].join(" ");
    let update_to_8192 = "3f e1 3f";
    let sizes = |blocks: &[&str], allowed: &[u32]| {
        let mut decoder = Decoder::new(true, CAP);
        allowed.iter().for_each(|size| decoder.allow(*size));
        let read = blocks.iter().map(|block| {
            let bytes = unhex(block.replace(' ', "").as_bytes()).expect("hex");
            decoder.decode(&bytes, CAP).map(|_| decoder.held())
        });
        read.collect::<Vec<_>>()
    };
    // 34 bytes an entry; what is on its way when a SETTINGS is sent goes by the one before.
    assert_eq!(sizes(&[&big], &[256]), [Ok(3_400)]);
    assert_eq!(sizes(&[&big, UPDATE_TO_256, &big], &[256]), [Ok(3_400), Ok(238), Ok(238)]);
    // Two in a row: emptied, and as large as before.
    assert_eq!(sizes(&[&big, "20 3f e1 1f", &big], &[]), [Ok(3_400), Ok(0), Ok(3_400)]);
    assert_eq!(sizes(&[update_to_8192], &[]), [Err(Bad::Size)]);
    assert_eq!(sizes(&[update_to_8192, &big, &big], &[8_192]), [Ok(0), Ok(3_400), Ok(6_800)]);
}

/// A table beyond the cap lacks what the peers' has: what stood there is not known, and nothing is wrong with the block.
#[test]
fn a_table_beyond_the_cap_is_not_whole() {
    let mut decoder = Decoder::new(true, 4_096);
    decoder.allow(8_192);
    let many = ["40 01 61 01 62"; 150].join(" ");
    check(&mut decoder, &[("3f e1 3f", Ok(&[]))]);
    check(&mut decoder, &[(&many, Ok(&["a: b"; 150])), ("be ff 50", Ok(&["a: b", "?: ?"]))]);
}

#[test]
fn integers_of_rfc_7541_c_1() {
    for (bits, bytes, value) in [(5, &[0x0a][..], 10), (5, &[0x1f, 0x9a, 0x0a], 1337), (8, &[0x2a], 42)] {
        assert_eq!(integer(bits)(bytes), Ok((&[][..], value)));
    }
}

#[test]
fn what_is_no_block() {
    for (hex, expected) in [
        ("80", Bad::Index),
        ("be", Bad::Index),
        ("ff", Bad::Syntax),
        ("ff ff ff ff ff 01", Bad::Syntax),
        ("40", Bad::Syntax),
        ("40 05 61", Bad::Syntax),
        ("40 01 61 81 00 00", Bad::Syntax),
        // More than the reader allows.
        ("3f e2 1f", Bad::Size),
    ] {
        check(&mut Decoder::new(true, CAP), &[(hex, Err(expected))]);
    }
}

#[test]
fn from_the_middle_what_came_before_is_not_known() {
    check(
        &mut Decoder::new(false, CAP),
        &[
            ("82 be", Ok(&[":method: GET", "?: ?"])),
            // The name is in the part that is missing, the value is not.
            ("7f 00 01 61", Ok(&["?: a"])),
            ("be bf", Ok(&["?: a", "?: ?"])),
            ("40 01 62 01 63", Ok(&["b: c"])),
            ("be bf c0", Ok(&["b: c", "?: a", "?: ?"])),
        ],
    );
}

#[test]
fn a_forgotten_table_is_one_from_the_middle() {
    let mut decoder = Decoder::new(true, CAP);
    check(&mut decoder, &[("40 01 62 01 63", Ok(&["b: c"])), ("be", Ok(&["b: c"]))]);
    decoder.forget();
    check(&mut decoder, &[("be", Ok(&["?: ?"]))]);
}

#[test]
fn of_many_fields_some_are_kept() {
    let mut decoder = Decoder::new(true, CAP);
    let big = [&[0x40, 1, b'a', 0x7f, 0x81, 0x06][..], &[b'x'; 896]].concat();
    let block = [big, vec![0xbe; 10_000]].concat();
    let read = decoder.decode(&block, 10_000).expect("a block");
    assert_eq!((read.fields.len(), read.left_out), (10, 9_991));
}

/// Anything may come.
#[test]
fn no_block_is_too_odd() {
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut decoders = [Decoder::new(true, 512), Decoder::new(false, 512)];
    for round in 0..20_000 {
        let len = (next() % 40) as usize;
        let block: Vec<u8> = (0..len).map(|_| (next() >> 11) as u8).collect();
        for decoder in &mut decoders {
            let _ = decoder.decode(&block, 4096);
            assert!(decoder.table.max() <= 4096, "{round}");
        }
    }
}
