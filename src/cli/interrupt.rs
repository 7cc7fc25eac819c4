//! Ctrl-C.

use wslog::source::file::Stop;

/// The first Ctrl-C asks `stop`; the second one ends the process, for somebody does not want to wait.
pub(super) fn heed_ctrl_c(stop: &Stop) {
    let stop = stop.clone();
    // Where Ctrl-C is ignored (nohup, jobs in the background of a script) it stays so.
    let _ = ctrlc::try_set_handler(move || {
        if stop.ask() {
            std::process::exit(130);
        }
    });
}
