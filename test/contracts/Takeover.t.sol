// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl as IAccess} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IDocumentRegistry as I} from "../../contracts/IDocumentRegistry.sol";
import {Fixture} from "./support/Fixture.sol";
import {vm} from "./Vm.sol";

/// @notice Who becomes the admin of an institution, when, and what is recorded under an admin that governance put in place.
contract TakeoverTest is Fixture {
    address private constant NEXT = address(0xA3);
    bytes private _accept = abi.encodeCall(I.acceptAdmin, (1));

    /// @notice The admin's own naming takes effect after 2 days, governance's after 7, of a suspended institution after 2.
    function testFuzz_AnAdminIsReplacedAfterTheDelay(uint8 way, uint32 wait, uint32 first) external {
        uint64 time = NOW + (first % 1000);
        bool byGovernance = way % 3 != 0;
        _done(ADMIN, abi.encodeCall(I.nameAdmin, (1, ADMIN_2)));
        if (way % 3 == 2) _done(GOVERNOR, abi.encodeCall(I.setInstitutionState, (1, 2)));
        vm.warp(time);
        uint64 from = time + (way % 3 == 1 ? 7 days : 2 days);
        _done(byGovernance ? GOVERNOR : ADMIN, abi.encodeCall(I.nameAdmin, (1, NEXT)));
        vm.warp(_between(wait, from - 3, from + 3));
        _refusedAccept(ADMIN_2, from);
        bytes memory refusal;
        if (block.timestamp < from) refusal = _notNamed(NEXT, from);
        _takenUnless(refusal, NEXT, _accept);
        if (refusal.length != 0) return;
        require(_registry.institutionOf(1).adminByGovernance == byGovernance, "who put it in place");
        _refusedAccept(NEXT, 0);
        refusal = abi.encodeWithSelector(I.RegistryNotAdmin.selector, 1, ADMIN);
        _refused(ADMIN, abi.encodeCall(I.reportKey, (KEY, NOW)), refusal);
        _done(NEXT, abi.encodeCall(I.reportKey, (KEY, NOW)));
    }

    /// @notice The attack: governance names itself, waits two days, and takes an active institution over. It cannot.
    function testFuzz_AnActiveInstitutionIsNotTakenOver(uint32 wait, uint32 objection) external {
        wait = wait % uint32(7 days);
        _done(GOVERNOR, abi.encodeCall(I.nameAdmin, (1, GOVERNOR)));
        vm.warp(NOW + wait);
        _refusedAccept(GOVERNOR, NOW + 7 days);
        // the admin objects, at any time before the other accepts
        vm.warp(NOW + wait + (objection % 30 days));
        _done(ADMIN, abi.encodeCall(I.cancelAdmin, (1)));
        vm.warp(NOW + 365 days);
        _refusedAccept(GOVERNOR, 0);
        require(_registry.institutionOf(1).admin == ADMIN, "its own admin");
    }

    /// @notice Every change of state cancels what is named: nothing named before a suspension takes effect after it.
    function testFuzz_AChangeOfStateCancels(bool byAdmin, uint8 state) external {
        state = 2 + (state % 2);
        _done(byAdmin ? ADMIN : GOVERNOR, abi.encodeCall(I.nameAdmin, (1, NEXT)));
        _done(GOVERNOR, abi.encodeCall(I.setInstitutionState, (1, state)));
        vm.warp(NOW + 30 days);
        _refusedAccept(NEXT, 0);
        if (state == 3) return;
        _done(GOVERNOR, abi.encodeCall(I.nameAdmin, (1, NEXT)));
        _done(GOVERNOR, abi.encodeCall(I.setInstitutionState, (1, 1)));
        vm.warp(NOW + 60 days);
        _refusedAccept(NEXT, 0);
    }

    /// @notice Of a suspended institution the admin names nobody and cancels nothing; a withdrawn one has no naming.
    function test_SuspendedAndWithdrawn() external {
        _done(GOVERNOR, abi.encodeCall(I.setInstitutionState, (1, 2)));
        bytes memory refusal = abi.encodeWithSelector(
            IAccess.AccessControlUnauthorizedAccount.selector,
            ADMIN,
            keccak256("ACCREDITOR_ROLE")
        );
        _refused(ADMIN, abi.encodeCall(I.nameAdmin, (1, NEXT)), refusal);
        _done(GOVERNOR, abi.encodeCall(I.nameAdmin, (1, NEXT)));
        _refusedCancel(ADMIN);
        _done(GOVERNOR, abi.encodeCall(I.cancelAdmin, (1)));
        _refusedCancel(GOVERNOR);
        _done(GOVERNOR, abi.encodeCall(I.setInstitutionState, (1, 3)));
        refusal = abi.encodeWithSelector(I.RegistryInstitutionNotActive.selector, 1, 3);
        _refused(GOVERNOR, abi.encodeCall(I.nameAdmin, (1, NEXT)), refusal);
    }

    /// @notice An active admin cancels either kind, governance its own, and nobody else anything.
    function testFuzz_WhoCancels(bool byAdmin, address stranger) external {
        vm.assume(stranger != ADMIN && stranger != GOVERNOR);
        _refusedCancel(ADMIN);
        _done(byAdmin ? ADMIN : GOVERNOR, abi.encodeCall(I.nameAdmin, (1, NEXT)));
        _refusedCancel(stranger);
        if (byAdmin) {
            _refusedCancel(GOVERNOR);
        } else {
            _done(GOVERNOR, abi.encodeCall(I.cancelAdmin, (1)));
            _done(GOVERNOR, abi.encodeCall(I.nameAdmin, (1, NEXT)));
        }
        _done(ADMIN, abi.encodeCall(I.cancelAdmin, (1)));
        vm.warp(NOW + 30 days);
        _refusedAccept(NEXT, 0);
    }

    /// @notice An admin's naming in the place of governance's is an objection too, and the other way round the 7 days begin.
    function test_TheNewestNamingStands() external {
        _done(GOVERNOR, abi.encodeCall(I.nameAdmin, (1, GOVERNOR)));
        vm.warp(NOW + 6 days);
        _done(ADMIN, abi.encodeCall(I.nameAdmin, (1, NEXT)));
        vm.warp(NOW + 7 days);
        _refusedAccept(GOVERNOR, NOW + 8 days);
        _done(GOVERNOR, abi.encodeCall(I.nameAdmin, (1, GOVERNOR)));
        vm.warp(NOW + 13 days);
        _refusedAccept(GOVERNOR, NOW + 14 days);
        vm.warp(NOW + 14 days);
        _done(GOVERNOR, _accept);
    }

    /// @notice C14: all that is recorded under such an admin has bit 1, also under those that it names, and nothing before.
    function testFuzz_FlagBit1(bool suspended, bool successor, uint8 action) external {
        uint64 before = _anchorOne(KEY, "before");
        _takeOver(suspended);
        if (successor) {
            _done(NEXT, abi.encodeCall(I.nameAdmin, (1, ADMIN)));
            vm.warp(NOW + 30 days);
            _done(ADMIN, _accept);
            require(_registry.institutionOf(1).adminByGovernance, "not laundered");
        }
        uint64 afterwards = _anchorOne(KEY, "after");
        _done(KEY, _withoutSuccessor(before, 1 + (action % 2)));
        require(_entries[before][3] == 0 && _entries[afterwards][3] == 0x02, "the document's flags");
        require(_entries[_entries.length - 1][3] == 0x02, "the status's flags");
        I.Group[] memory groups = new I.Group[](2);
        for (uint8 i = 0; i < 2; ++i) groups[i] = I.Group(3 + i, 0, 1, 1, 0, new bytes32[](1));
        groups[0].payloads[0] = "consent";
        groups[1].payloads[0] = "verification";
        _done(KEY, abi.encodeCall(I.anchor, (groups)));
        require(_entries[_entries.length - 1][3] == 0x03, "blinded, and under that admin");
        _anchorOne(KEY_2, "another institution's");
        require(_entries[_entries.length - 1][3] == 0, "no other institution's");
        _checkGovernancesOwn(afterwards);
    }

    /// @dev Entries of the directory, and statuses that governance sets, have no flag.
    function _checkGovernancesOwn(uint64 document) private {
        _done(GOVERNOR, abi.encodeCall(I.setInstitutionState, (1, 2)));
        require(_entries[_entries.length - 1][3] == 0, "a directory entry");
        _done(GOVERNOR, _withoutSuccessor(document, 1));
        require(_entries[_entries.length - 1][3] == 0, "governance's status");
    }

    /// @notice A caller cannot set bit 1 itself.
    function testFuzz_NobodySetsBit1(uint8 flags) external {
        flags = uint8(_between(flags, 2, 255));
        I.Group[] memory groups = _documents(new bytes32[](1));
        groups[0].payloads[0] = "payload";
        groups[0].flags = flags;
        bytes memory refusal = abi.encodeWithSelector(I.RegistryUnsupportedFlags.selector, 1, flags);
        _refused(KEY, abi.encodeCall(I.anchor, (groups)), refusal);
    }

    /// @dev NEXT becomes the admin of institution 1, which is active again.
    function _takeOver(bool suspended) private {
        if (suspended) _done(GOVERNOR, abi.encodeCall(I.setInstitutionState, (1, 2)));
        _done(GOVERNOR, abi.encodeCall(I.nameAdmin, (1, NEXT)));
        vm.warp(NOW + (suspended ? 2 days : 7 days));
        _done(NEXT, _accept);
        if (suspended) _done(GOVERNOR, abi.encodeCall(I.setInstitutionState, (1, 1)));
    }

    function _notNamed(address by, uint64 from) private pure returns (bytes memory) {
        return abi.encodeWithSelector(I.RegistryAdminNotNamed.selector, 1, by, from);
    }

    function _refusedAccept(address by, uint64 from) private {
        _refused(by, _accept, _notNamed(by, from));
    }

    function _refusedCancel(address by) private {
        bytes memory refusal = abi.encodeWithSelector(I.RegistryNothingToCancel.selector, 1, by);
        _refused(by, abi.encodeCall(I.cancelAdmin, (1)), refusal);
    }
}
