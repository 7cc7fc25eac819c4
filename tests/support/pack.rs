//! Puts bytes into every container that is read.

use std::io::Write;

use wslog::model::Compression;

pub const ALL: [Compression; 5] =
    [Compression::Gzip, Compression::Zstd, Compression::Lz4, Compression::Xz, Compression::Bzip2];

/// `bytes` as one member, with the checksums the format has.
pub fn pack(compression: Compression, bytes: &[u8]) -> Vec<u8> {
    match compression {
        Compression::None => bytes.to_vec(),
        Compression::Gzip => {
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            gzip.write_all(bytes).expect("memory");
            gzip.finish().expect("memory")
        }
        Compression::Zstd => {
            ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
        }
        Compression::Lz4 => {
            let info = lz4_flex::frame::FrameInfo::new().content_checksum(true);
            let mut lz4 = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
            lz4.write_all(bytes).expect("memory");
            lz4.finish().expect("memory")
        }
        Compression::Xz => {
            let mut xz = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(1))
                .expect("options");
            xz.write_all(bytes).expect("memory");
            xz.finish().expect("memory")
        }
        Compression::Bzip2 => {
            let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            bzip2.write_all(bytes).expect("memory");
            bzip2.finish().expect("memory")
        }
    }
}
