"""Loopback addresses of one run."""

import socket
from ipaddress import ip_address

from rehearsal.traffic.addresses import Addresses, free_port_offset


def test_every_name_has_an_address_of_its_own_for_good():
    mine = Addresses()
    try:
        given = [mine.of(f"arn:{number}") for number in range(1000)]
        assert len(set(given)) == 1000
        assert all(ip_address(each).is_loopback and each != "127.0.0.1" for each in given)
        assert mine.of("arn:0") == given[0]
    finally:
        mine.close()


def test_two_runs_never_share_an_address():
    runs = [Addresses() for _ in range(20)]
    try:
        assert len({run.of("arn") for run in runs}) == 20
    finally:
        for run in runs:
            run.close()


def test_ports_move_out_of_the_way_of_a_server_on_all_addresses():
    offset = free_port_offset()
    with socket.create_server(("0.0.0.0", offset + 9_321)):
        assert free_port_offset() > offset
