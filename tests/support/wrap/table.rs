//! The ways to carry a packet that are read.

use wslog::model::LinkType;

use super::*;

/// A way to begin, and layers in it.
pub const fn row(
    name: &'static str,
    link: LinkType,
    begin: fn(Typed) -> Vec<u8>,
    layers: &'static [Layer],
) -> Wrapping {
    Wrapping { name, link, begin, layers }
}

/// Layers in Ethernet.
pub const fn eth(name: &'static str, layers: &'static [Layer]) -> Wrapping {
    row(name, LinkType::ETHERNET, ethernet, layers)
}

/// One conversation's ways to be carried.
pub const WRAPPINGS: &[Wrapping] = &[
    // Link types.
    eth("Ethernet", &[]),
    row("Ethernet, padded", LinkType::ETHERNET, ethernet_padded, &[]),
    row("Ethernet, LLC/SNAP", LinkType::ETHERNET, ethernet_snap, &[]),
    row("SLL", LinkType::LINUX_SLL, sll, &[]),
    row("SLL, LLC/SNAP", LinkType::LINUX_SLL, sll_llc, &[]),
    row("SLL of a radio", LinkType::LINUX_SLL, sll_radiotap, &[]),
    row("SLL2", LinkType::LINUX_SLL2, sll2, &[]),
    row("NULL", LinkType::NULL, null, &[]),
    row("LOOP", LinkType::LOOP, loopback, &[]),
    row("RAW", LinkType::RAW, raw, &[]),
    row("IPV4", LinkType::IPV4, raw, &[]),
    row("IPV6", LinkType::IPV6, raw, &[]),
    row("RAW 12", LinkType::RAW_BSD, raw, &[]),
    row("RAW 14", LinkType::RAW_OPENBSD, raw, &[]),
    row("PPP", LinkType::PPP, ppp, &[]),
    row("PPP, HDLC framing", LinkType::PPP, ppp_hdlc, &[]),
    row("PPP_HDLC", LinkType::PPP_HDLC, ppp_hdlc, &[]),
    row("PPP_HDLC, short numbers", LinkType::PPP_HDLC, ppp_compressed, &[]),
    row("PPP_HDLC, Cisco", LinkType::PPP_HDLC, cisco, &[]),
    row("C_HDLC", LinkType::C_HDLC, cisco, &[]),
    row("PPP_WITH_DIR", LinkType::PPP_WITH_DIR, ppp_with_direction, &[]),
    row("PPP_PPPD", LinkType::PPP_PPPD, pppd, &[]),
    row("PPP_ETHER", LinkType::PPP_ETHER, ppp_ether, &[]),
    row("MPLS", LinkType::MPLS, mpls_link, &[]),
    row("NFLOG", LinkType::NFLOG, nflog, &[]),
    row("NFLOG, big-endian", LinkType::NFLOG, nflog_big_endian, &[]),
    row("802.11", LinkType::IEEE802_11, wifi, &[]),
    row("802.11 QoS, four addresses", LinkType::IEEE802_11, wifi_qos, &[]),
    row("802.11 A-MSDU", LinkType::IEEE802_11, wifi_aggregate, &[]),
    row("radiotap", LinkType::IEEE802_11_RADIOTAP, radiotap, &[]),
    row("radiotap, padded QoS", LinkType::IEEE802_11_RADIOTAP, radiotap_padded, &[]),
    row("PPI", LinkType::PPI, ppi, &[]),
    row("PKTAP", LinkType::PKTAP, pktap, &[]),
    eth("IP with options", &[with_options]),
    // What an Ethernet type announces.
    eth("VLAN", &[vlan]),
    eth("QinQ", &[service_vlan, vlan]),
    eth("MPLS behind Ethernet", &[mpls]),
    eth("pseudowire", &[pseudowire]),
    eth("pseudowire without control word", &[bare_pseudowire]),
    eth("PPPoE", &[pppoe]),
    // Tunnels.
    eth("IP in IPv4", &[in_ipv4]),
    eth("IP in IPv6", &[in_ipv6]),
    eth("IP in IPv6 with options", &[in_ipv6_with_options]),
    eth("AH", &[authenticated]),
    eth("Ethernet in IP", &[ethernet_in_ip]),
    eth("MPLS in IP", &[mpls_in_ip]),
    eth("GRE", &[gre]),
    eth("GRE with all fields", &[gre_all]),
    eth("NVGRE", &[nvgre]),
    eth("PPTP", &[pptp]),
    eth("ERSPAN I", &[erspan_1]),
    eth("ERSPAN II", &[erspan_2]),
    eth("ERSPAN III", &[erspan_3]),
    eth("VXLAN", &[vxlan]),
    eth("VXLAN, port 8472", &[vxlan_linux]),
    eth("VXLAN-GPE", &[vxlan_gpe]),
    eth("Geneve", &[geneve]),
    eth("Geneve with IP", &[geneve_ip]),
    eth("GTP-U", &[gtp]),
    eth("GTP-U of 5G", &[gtp_5g]),
    eth("MPLS in UDP", &[mpls_in_udp]),
    eth("GRE in UDP", &[gre_in_udp]),
    // One in another.
    eth("QinQ, MPLS, GRE", &[service_vlan, vlan, mpls, gre]),
    eth("ERSPAN II of VXLAN", &[erspan_2, vlan, vxlan]),
    eth("pseudowire of PPPoE", &[vlan, pseudowire, vlan, pppoe]),
    eth("PPPoE of MPLS of IP in IPv6", &[pppoe, mpls, in_ipv6]),
    eth("GRE, Geneve, GTP-U, IP in IP", &[gre_all, geneve, gtp_5g, in_ipv4]),
    row("SLL, GRE, VXLAN", LinkType::LINUX_SLL, sll, &[gre, vxlan]),
    row("radiotap, PPPoE", LinkType::IEEE802_11_RADIOTAP, radiotap, &[pppoe]),
];
