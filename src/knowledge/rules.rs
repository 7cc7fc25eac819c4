//! Every rule, a file each: what a finding of it carries; its row, with what there is to say of it, an exchange that breaks it
//! and one that nearly does; how a finding is told, and what of it quotes the wire.
//!
//! A new rule is a file here, its lines in the three lists below (the compiler and a test name what is missing), and the
//! check in [`reference`](mod@crate::reference).

mod cl_1010_reason;
mod cl_abnormal;
mod cl_backoff;
mod cl_code_range;
mod cl_code_reserved;
mod cl_code_role;
mod cl_cross;
mod cl_data_after;
mod cl_double;
mod cl_echo;
mod cl_fail_code;
mod cl_fail_silent;
mod cl_half_open;
mod cl_idle;
mod cl_len1;
mod cl_new_msg;
mod cl_nocode;
mod cl_not_failed;
mod cl_reason_utf8;
mod cl_reply;
mod cl_reply_late;
mod cl_rst;
mod cl_server_immediate;
mod cl_tcp_early;
mod cl_tcp_never;
mod cl_tcp_server_first;
mod cl_tls;
mod fr_after_fail;
mod fr_cont_orphan;
mod fr_ctl_between;
mod fr_ctl_frag;
mod fr_ctl_len;
mod fr_cut;
mod fr_interleave;
mod fr_len_min;
mod fr_len_msb;
mod fr_lost;
mod fr_mask_c;
mod fr_mask_key;
mod fr_mask_s;
mod fr_msg_unfinished;
mod fr_opcode;
mod fr_ping_pong;
mod fr_pong_data;
mod fr_pong_late;
mod fr_pong_unsol;
mod fr_rsv;
mod fr_text_utf8;
mod fr_too_big;
mod hs_101_body;
mod hs_426;
mod hs_accept;
mod hs_accepted;
mod hs_assumed;
mod hs_coalesced;
mod hs_connect;
mod hs_connection_req;
mod hs_connection_resp;
mod hs_early_data;
mod hs_ext_syntax;
mod hs_ext_unreg;
mod hs_ext_unreq;
mod hs_host;
mod hs_http_req;
mod hs_http_resp;
mod hs_key;
mod hs_method;
mod hs_no_response;
mod hs_not_failed;
mod hs_origin;
mod hs_proto_none;
mod hs_proto_req;
mod hs_proto_unreq;
mod hs_serial;
mod hs_sni;
mod hs_status;
mod hs_target;
mod hs_upgrade_req;
mod hs_upgrade_resp;
mod hs_version;
mod hs_version_answer;
mod pmd_bfinal;
mod pmd_bomb;
mod pmd_cmwb_unasked;
mod pmd_cnct;
mod pmd_ctx_lost;
mod pmd_inflate;
mod pmd_param;
mod pmd_rsv1_cont;
mod pmd_rsv1_ctl;
mod pmd_smwb;
mod pmd_snct;
mod pmd_snct_use;
mod pmd_tail;
mod pmd_window;

use crate::knowledge::carried::{Decide, Told};
use crate::knowledge::words::{Say, Words};
use crate::knowledge::{Level, Rule};
use crate::model::{Conversation, PacketNo, Quoted, Readable, Stage};
pub use cl_1010_reason::Cl1010Reason;
pub use cl_abnormal::ClAbnormal;
pub use cl_backoff::ClBackoff;
pub use cl_code_range::ClCodeRange;
pub use cl_code_reserved::ClCodeReserved;
pub use cl_code_role::ClCodeRole;
pub use cl_cross::ClCross;
pub use cl_data_after::ClDataAfter;
pub use cl_double::ClDouble;
pub use cl_echo::ClEcho;
pub use cl_fail_code::ClFailCode;
pub use cl_fail_silent::ClFailSilent;
pub use cl_half_open::ClHalfOpen;
pub use cl_idle::ClIdle;
pub use cl_len1::ClLen1;
pub use cl_new_msg::ClNewMsg;
pub use cl_nocode::ClNoCode;
pub use cl_not_failed::ClNotFailed;
pub use cl_reason_utf8::ClReasonUtf8;
pub use cl_reply::ClReply;
pub use cl_reply_late::ClReplyLate;
pub use cl_rst::{ClRst, ResetWhen};
pub use cl_server_immediate::ClServerImmediate;
pub use cl_tcp_early::{ClTcpEarly, ClosingProgress};
pub use cl_tcp_never::ClTcpNever;
pub use cl_tcp_server_first::ClTcpServerFirst;
pub use cl_tls::ClTls;
pub use fr_after_fail::FrAfterFail;
pub use fr_cont_orphan::FrContOrphan;
pub use fr_ctl_between::FrCtlBetween;
pub use fr_ctl_frag::FrCtlFrag;
pub use fr_ctl_len::FrCtlLen;
pub use fr_cut::FrCut;
pub use fr_interleave::FrInterleave;
pub use fr_len_min::FrLenMin;
pub use fr_len_msb::FrLenMsb;
pub use fr_lost::FrLost;
pub(crate) use fr_lost::in_place_of_a_frame;
pub use fr_mask_c::FrMaskC;
pub use fr_mask_key::{FrMaskKey, KeyPattern};
pub use fr_mask_s::FrMaskS;
pub use fr_msg_unfinished::FrMsgUnfinished;
pub use fr_opcode::FrOpcode;
pub use fr_ping_pong::FrPingPong;
pub use fr_pong_data::FrPongData;
pub use fr_pong_late::FrPongLate;
pub use fr_pong_unsol::FrPongUnsol;
pub use fr_rsv::FrRsv;
pub use fr_text_utf8::FrTextUtf8;
pub use fr_too_big::{FrTooBig, RefusedMessage};
pub use hs_101_body::Hs101Body;
pub use hs_426::Hs426;
pub use hs_accept::HsAccept;
pub use hs_accepted::HsAccepted;
pub use hs_assumed::HsAssumed;
pub use hs_coalesced::HsCoalesced;
pub use hs_connect::HsConnect;
pub use hs_connection_req::HsConnectionReq;
pub use hs_connection_resp::HsConnectionResp;
pub use hs_early_data::HsEarlyData;
pub use hs_ext_syntax::HsExtSyntax;
pub use hs_ext_unreg::HsExtUnreg;
pub use hs_ext_unreq::HsExtUnreq;
pub use hs_host::HsHost;
pub use hs_http_req::HsHttpReq;
pub use hs_http_resp::HsHttpResp;
pub use hs_key::HsKey;
pub use hs_method::HsMethod;
pub use hs_no_response::HsNoResponse;
pub use hs_not_failed::HsNotFailed;
pub use hs_origin::HsOrigin;
pub use hs_proto_none::HsProtoNone;
pub use hs_proto_req::HsProtoReq;
pub use hs_proto_unreq::HsProtoUnreq;
pub use hs_serial::HsSerial;
pub use hs_sni::HsSni;
pub use hs_status::HsStatus;
pub use hs_target::HsTarget;
pub use hs_upgrade_req::HsUpgradeReq;
pub use hs_upgrade_resp::HsUpgradeResp;
pub use hs_version::HsVersion;
pub use hs_version_answer::HsVersionAnswer;
pub use pmd_bfinal::PmdBfinal;
pub use pmd_bomb::PmdBomb;
pub use pmd_cmwb_unasked::PmdCmwbUnasked;
pub use pmd_cnct::PmdCnct;
pub use pmd_ctx_lost::PmdCtxLost;
pub use pmd_inflate::PmdInflate;
pub use pmd_param::{BadParameter, PmdParam};
pub use pmd_rsv1_cont::PmdRsv1Cont;
pub use pmd_rsv1_ctl::PmdRsv1Ctl;
pub use pmd_smwb::PmdSmwb;
pub use pmd_snct::PmdSnct;
pub use pmd_snct_use::PmdSnctUse;
pub use pmd_tail::PmdTail;
pub use pmd_window::PmdWindow;

macro_rules! rules {
    ($($name:ident $(<$stage:ident>)? in $file:ident,)*) => {
        /// Identity of a [`Rule`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum RuleId {
            $(#[doc = concat!("Of [`", stringify!($name), "`].")] $name,)*
        }

        /// Every rule, in the order of [`RuleId`].
        pub const RULES: &[Rule] = &[$(Rule::new(RuleId::$name, $file::ROW),)*];

        /// What was done against, or noted about, a rule, with the numbers that show it.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Violation<S: Stage = Quoted> {
            $(#[doc = concat!("Of the rule of [`", stringify!($name), "`].")] $name($name $(<$stage>)?),)*
        }

        $(impl<S: Stage> From<$name $(<$stage>)?> for Violation<S> {
            fn from(carried: $name $(<$stage>)?) -> Self {
                Self::$name(carried)
            }
        })*

        impl<S: Stage> Violation<S> {
            /// The rule it is about.
            #[must_use]
            pub const fn rule(&self) -> RuleId {
                match self {
                    $(Self::$name(_) => RuleId::$name,)*
                }
            }

            /// What may be seen of it.
            pub(crate) fn decided<To: Stage>(self, by: &mut impl Decide<S, To>) -> Violation<To> {
                match self {
                    $(Self::$name(carried) => Violation::$name(decided!(carried, by $(, $stage)?)),)*
                }
            }
        }

        impl<S: Readable> Violation<S> {
            /// Its words, in a report of the conversation it was found in.
            #[must_use]
            pub fn words(&self, conversation: &Conversation<S>) -> Words {
                let say = &Say::new(conversation);
                match self {
                    $(Self::$name(carried) => carried.words(say),)*
                }
            }
        }

        #[cfg(test)]
        const FILES: &[&str] = &[$(stringify!($file),)*];
    };
}

/// Only what is `Copy`, and so owns no text from the wire, goes from stage to stage without a decision.
macro_rules! decided {
    ($carried:ident, $by:ident) => {
        unquoted($carried)
    };
    ($carried:ident, $by:ident, $stage:ident) => {
        $carried.decided($by)
    };
}

const fn unquoted<T: Copy>(carried: T) -> T {
    carried
}

rules! {
    Hs101Body<S> in hs_101_body,
    Hs426 in hs_426,
    HsAccept<S> in hs_accept,
    HsAccepted in hs_accepted,
    HsAssumed in hs_assumed,
    HsCoalesced in hs_coalesced,
    HsConnect in hs_connect,
    HsConnectionReq<S> in hs_connection_req,
    HsConnectionResp<S> in hs_connection_resp,
    HsEarlyData in hs_early_data,
    HsExtSyntax<S> in hs_ext_syntax,
    HsExtUnreg<S> in hs_ext_unreg,
    HsExtUnreq<S> in hs_ext_unreq,
    HsHost in hs_host,
    HsHttpReq<S> in hs_http_req,
    HsHttpResp<S> in hs_http_resp,
    HsKey<S> in hs_key,
    HsMethod<S> in hs_method,
    HsNoResponse in hs_no_response,
    HsNotFailed in hs_not_failed,
    HsOrigin in hs_origin,
    HsProtoNone in hs_proto_none,
    HsProtoReq<S> in hs_proto_req,
    HsProtoUnreq<S> in hs_proto_unreq,
    HsSerial in hs_serial,
    HsSni in hs_sni,
    HsStatus in hs_status,
    HsTarget<S> in hs_target,
    HsUpgradeReq<S> in hs_upgrade_req,
    HsUpgradeResp<S> in hs_upgrade_resp,
    HsVersion<S> in hs_version,
    HsVersionAnswer in hs_version_answer,
    FrAfterFail in fr_after_fail,
    FrContOrphan in fr_cont_orphan,
    FrCtlBetween in fr_ctl_between,
    FrCtlFrag in fr_ctl_frag,
    FrCtlLen in fr_ctl_len,
    FrCut in fr_cut,
    FrInterleave in fr_interleave,
    FrLenMin in fr_len_min,
    FrLenMsb in fr_len_msb,
    FrLost<S> in fr_lost,
    FrMaskC in fr_mask_c,
    FrMaskKey in fr_mask_key,
    FrMaskS in fr_mask_s,
    FrMsgUnfinished in fr_msg_unfinished,
    FrOpcode in fr_opcode,
    FrPingPong in fr_ping_pong,
    FrPongData in fr_pong_data,
    FrPongLate in fr_pong_late,
    FrPongUnsol in fr_pong_unsol,
    FrRsv in fr_rsv,
    FrTextUtf8 in fr_text_utf8,
    FrTooBig in fr_too_big,
    Cl1010Reason in cl_1010_reason,
    ClAbnormal in cl_abnormal,
    ClBackoff in cl_backoff,
    ClCodeRange in cl_code_range,
    ClCodeReserved in cl_code_reserved,
    ClCodeRole in cl_code_role,
    ClCross in cl_cross,
    ClDataAfter in cl_data_after,
    ClDouble in cl_double,
    ClEcho in cl_echo,
    ClFailCode in cl_fail_code,
    ClFailSilent in cl_fail_silent,
    ClHalfOpen in cl_half_open,
    ClIdle in cl_idle,
    ClLen1 in cl_len1,
    ClNewMsg in cl_new_msg,
    ClNoCode in cl_nocode,
    ClNotFailed in cl_not_failed,
    ClReasonUtf8 in cl_reason_utf8,
    ClReply in cl_reply,
    ClReplyLate in cl_reply_late,
    ClRst in cl_rst,
    ClServerImmediate in cl_server_immediate,
    ClTcpEarly in cl_tcp_early,
    ClTcpNever in cl_tcp_never,
    ClTcpServerFirst in cl_tcp_server_first,
    ClTls in cl_tls,
    PmdBfinal in pmd_bfinal,
    PmdBomb in pmd_bomb,
    PmdCmwbUnasked in pmd_cmwb_unasked,
    PmdCnct in pmd_cnct,
    PmdCtxLost in pmd_ctx_lost,
    PmdInflate in pmd_inflate,
    PmdParam<S> in pmd_param,
    PmdRsv1Cont in pmd_rsv1_cont,
    PmdRsv1Ctl in pmd_rsv1_ctl,
    PmdSmwb in pmd_smwb,
    PmdSnct in pmd_snct,
    PmdSnctUse in pmd_snct_use,
    PmdTail in pmd_tail,
    PmdWindow in pmd_window,
}

impl<S: Stage> Violation<S> {
    /// How much it weighs: as its rule does, or less where something blameless looks the same.
    #[must_use]
    pub fn level(&self) -> Level {
        match self {
            Self::HsHost(HsHost::Port { .. })
            | Self::HsNoResponse(HsNoResponse { broke: None })
            | Self::HsKey(HsKey::Reused { .. })
            | Self::HsVersion(HsVersion::Other(_))
            | Self::HsHttpResp(HsHttpResp::Old(_)) => Level::Note,
            _ => self.rule().rule().level,
        }
    }

    /// First packet of the other connection it speaks of.
    #[must_use]
    pub const fn earlier(&self) -> Option<PacketNo> {
        match self {
            Self::HsKey(HsKey::Reused { earlier })
            | Self::HsSerial(HsSerial { earlier })
            | Self::ClBackoff(ClBackoff { earlier, .. }) => Some(*earlier),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_is_in_the_list_and_has_the_name_of_its_rule() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/knowledge/rules");
        let name = |entry: fs::DirEntry| entry.file_name().into_string().expect("UTF-8");
        let there = fs::read_dir(dir).expect("rules").map(|entry| name(entry.expect("an entry")));
        let listed = FILES.iter().map(|file| format!("{file}.rs"));
        assert_eq!(there.collect::<BTreeSet<_>>(), listed.collect::<BTreeSet<_>>());
        for (rule, file) in RULES.iter().zip(FILES) {
            assert_eq!(rule.name.to_ascii_lowercase().replace('-', "_"), *file);
        }
    }
}
