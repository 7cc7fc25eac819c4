use crate::knowledge::applications::prelude::*;

pub(super) const ROW: Application = Application {
    name: "kubernetes",
    title: "Kubernetes' exec protocol",
    subprotocols: &["v5.channel.k8s.io", "v4.channel.k8s.io"],
    places: &[],
    source: "https://github.com/kubernetes/apimachinery/blob/master/pkg/util/remotecommand/constants.go",
    closes: Who::Server,
    codes: &[],
    endings: &[
        ending(
            "a Status on the error channel",
            Sign::Channel(3, "Success"),
            "the command ended with exit code 0",
            None,
        ),
        ending(
            "a Status on the error channel",
            Sign::Channel(3, "Failure"),
            "the command failed, or could not be run",
            Some(Find::Member("message")),
        ),
    ],
};
