use wslog::{engine, limits::Limits, views::summary};

fn main() -> Result<(), wslog::error::Error> {
    let mut sink = engine::each(|conversation| {
        println!("{}", summary::sentences(conversation).join(" "));
    });
    engine::Engine::new(Limits::DEFAULT).sink(&mut sink).run(&["capture.pcap"])?;
    Ok(())
}
