// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDocumentRegistry as I} from "../../contracts/IDocumentRegistry.sol";
import {IAccessControl as IAccess} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {Fixture} from "./support/Fixture.sol";
import {vm} from "./Vm.sol";

/// @notice Windows, retirement and compromise of keys, of institutions and of operators alike.
contract KeysTest is Fixture {
    address private constant NEW_KEY = address(0xB3);
    bytes private constant PUBLIC_KEY = "an operator's public key";
    bytes32 private _keyId = _keyIdOf(1);

    function setUp() public override {
        super.setUp();
        _done(GOVERNOR, abi.encodeCall(I.registerOperator, (1, "operator of institution 1")));
        _done(GOVERNOR, abi.encodeCall(I.registerOperator, (0, "operator of none")));
    }

    /// @notice A window is taken if it is not empty, not over and not beyond the year 9999; both sorts of keys alike.
    function testFuzz_WindowsThatCanBe(uint64 from, uint64 until, bool near) external {
        if (near) (from, until) = (_near(from), _near(until));
        bytes memory refusal;
        if (from > MAX_TIME || until > MAX_TIME) {
            uint64 late = from > MAX_TIME ? from : until;
            refusal = abi.encodeWithSelector(I.RegistryTimeTooLate.selector, late, MAX_TIME);
        } else if (until != 0 && (until <= from || until <= NOW)) {
            refusal = abi.encodeWithSelector(I.RegistryKeyWindow.selector, from, until, NOW);
        }
        _takenUnless(refusal, ADMIN, abi.encodeCall(I.addKey, (1, NEW_KEY, from, until)));
        if (refusal.length == 0) _done(NEW_KEY, abi.encodeCall(I.acceptKey, (1)));
        _takenUnless(refusal, ADMIN, _operatorKey(1, from, until));
    }

    /// @notice C2: a key writes, and holderAt names its institution, in [from, until) and at no other time.
    function testFuzz_AKeyActsInItsWindow(uint32 from, uint32 length, uint32 later) external {
        uint64 start = NOW + (from % 100);
        uint64 until = start + 1 + (length % 100);
        uint64 time = NOW + (later % 250);
        _addKey(ADMIN, 1, NEW_KEY, start, until);
        bool inside = time >= start && time < until;
        require(_registry.holderAt(NEW_KEY, time) == (inside ? 1 : 0), "holderAt");
        require(_registry.holderAt(NEW_KEY, NOW - 1) == 0, "not before it was added");
        vm.warp(time);
        bytes32[] memory payloads = new bytes32[](1);
        payloads[0] = "payload";
        bytes memory refusal;
        if (!inside) {
            refusal = abi.encodeWithSelector(I.RegistryKeyNotInForce.selector, NEW_KEY, start, until, time);
        }
        _takenUnless(refusal, NEW_KEY, abi.encodeCall(I.anchor, (_documents(payloads))));
    }

    /// @notice A window only ever ends earlier, and not in the past; both sorts of keys alike.
    function testFuzz_RetirementsOnlyShorten(uint64 until, uint64 first, uint64 second) external {
        until = until % 3 == 0 ? 0 : NOW + 1 + (until % 100);
        _addKey(ADMIN, 1, NEW_KEY, 0, until);
        _done(ADMIN, _operatorKey(1, 0, until));
        for (uint256 i = 0; i < 2; ++i) {
            uint64 end = i == 0 ? first : second;
            end =
                end % 4 == 0
                    ? end
                    : end % 5 == 0
                        ? 0
                        : NOW - 5 + (end % 110);
            uint64 ends = end == 0 ? NOW : end;
            bool shorter = ends >= NOW && ends <= MAX_TIME && (until == 0 || ends < until);
            bytes memory refusal;
            if (!shorter) refusal = abi.encodeWithSelector(I.RegistryKeyRetirement.selector, until, NOW);
            _takenUnless(refusal, ADMIN, abi.encodeCall(I.retireKey, (NEW_KEY, end)));
            _takenUnless(refusal, ADMIN, abi.encodeCall(I.retireOperatorKey, (_keyId, end)));
            if (shorter) until = ends;
            require(_registry.keyOf(NEW_KEY).until == until, "until");
        }
    }

    /// @notice In whatever order keys are retired, and retired again earlier: one is left while the institution is active.
    function testFuzz_OneKeyIsLeft(uint8[10] calldata turns, uint8 state) external {
        state = 1 + (state % 3);
        bool[4] memory retired;
        uint256 inUse = 4;
        for (uint160 i = 1; i < 4; ++i) _addKey(ADMIN, 1, address(0xB00 + i), 0, 0);
        if (state != 1) _done(GOVERNOR, abi.encodeCall(I.setInstitutionState, (1, state)));
        for (uint64 i = 0; i < turns.length; ++i) {
            uint256 turn = turns[i] % 4;
            address key = turn == 0 ? KEY : address(uint160(0xB00 + turn));
            bytes memory refusal;
            if (state == 1 && inUse == 1 && !retired[turn]) {
                refusal = abi.encodeWithSelector(I.RegistryLastKey.selector, 1);
            } else if (!retired[turn]) {
                retired[turn] = true;
                --inUse;
            }
            _takenUnless(refusal, ADMIN, abi.encodeCall(I.retireKey, (key, NOW + 100 - i)));
            require(_registry.institutionOf(1).keysInUse == inUse, "keysInUse");
        }
    }

    /// @notice C11: reports only go back in time, as far as the key was added, and change nothing that the key may do.
    function testFuzz_ReportsGoBackOnly(uint64[4] calldata sinces, bool byAccreditor) external {
        address by = byAccreditor ? GOVERNOR : ADMIN;
        _done(ADMIN, _operatorKey(1, 0, 0));
        vm.warp(NOW + 100);
        uint64 latest = NOW + 100;
        for (uint256 i = 0; i < sinces.length; ++i) {
            uint64 since = sinces[i] % 8 == 0 ? sinces[i] : NOW - 2 + (sinces[i] % 106);
            bytes memory refusal;
            if (since < NOW || since > latest) {
                refusal = abi.encodeWithSelector(I.RegistryCompromiseTime.selector, since, NOW, latest);
            }
            _takenUnless(refusal, by, abi.encodeCall(I.reportKey, (KEY, since)));
            _takenUnless(refusal, by, abi.encodeCall(I.reportOperatorKey, (_keyId, since)));
            if (refusal.length == 0) latest = since - 1;
        }
        require(_registry.holderAt(KEY, NOW + 100) == 1, "its window is what it was");
        _anchorOne(KEY, "still taken");
    }

    /// @notice C16: governance corrects what it reported itself, or an admin since replaced: later, or back; nothing else.
    function testFuzz_Corrections(uint64 by, uint64 then_, uint64 since, bool replaced) external {
        (by, then_) = (by % 3, NOW + 10 + (then_ % 20));
        _done(ADMIN, _operatorKey(1, 0, 0));
        vm.warp(NOW + 100);
        // by the admin at `then_`, by governance at NOW + 5, or by both in that order
        if (by != 1) _reportBoth(ADMIN, then_);
        if (by != 0) _reportBoth(GOVERNOR, NOW + 5);
        if (replaced) _replaceAdmin(address(0xA3));
        since = since % 5 == 0 ? 0 : NOW + (since % 110);
        uint64 present = by == 0 ? then_ : NOW + 5;
        bool stands = by != 1 && !replaced;
        uint64 latest = stands ? then_ : NOW + 100 + (replaced ? 2 days : 0);
        bytes memory refusal;
        if (since == 0 ? stands : since <= present || since > latest) {
            refusal = abi.encodeWithSelector(I.RegistryCompromiseTime.selector, since, present + 1, latest);
        }
        _takenUnless(refusal, GOVERNOR, abi.encodeCall(I.correctKeyReport, (KEY, since)));
        _takenUnless(refusal, GOVERNOR, abi.encodeCall(I.correctOperatorKeyReport, (_keyId, since)));
        if (refusal.length != 0) return;
        require(_registry.keyOf(KEY).compromisedSince == since, "corrected");
        if (since != 0) return;
        refusal = abi.encodeWithSelector(I.RegistryKeyNotReported.selector);
        _refused(GOVERNOR, abi.encodeCall(I.correctKeyReport, (KEY, 0)), refusal);
        _reportBoth(replaced ? address(0xA3) : ADMIN, NOW + 50);
    }

    function _reportBoth(address by, uint64 since) private {
        _done(by, abi.encodeCall(I.reportKey, (KEY, since)));
        _done(by, abi.encodeCall(I.reportOperatorKey, (_keyId, since)));
    }

    function _replaceAdmin(address next) private {
        _done(ADMIN, abi.encodeCall(I.nameAdmin, (1, next)));
        vm.warp(NOW + 100 + 2 days);
        _done(next, abi.encodeCall(I.acceptAdmin, (1)));
    }

    /// @notice The keys of an operator of no institution are governance's own: it corrects what it reported.
    function testFuzz_CorrectionsWithoutInstitution(uint64 since) external {
        since = NOW + (since % 3);
        _done(GOVERNOR, _operatorKey(2, 0, 0));
        vm.warp(NOW + 2);
        bytes memory data = abi.encodeCall(I.correctOperatorKeyReport, (_keyIdOf(2), 0));
        _refused(GOVERNOR, data, abi.encodeWithSelector(I.RegistryKeyNotReported.selector));
        _done(GOVERNOR, abi.encodeCall(I.reportOperatorKey, (_keyIdOf(2), since)));
        _done(GOVERNOR, data);
        require(_registry.operatorKeyOf(_keyIdOf(2)).key.compromisedSince == 0, "taken back");
    }

    /// @notice C15: whoever proposes it, a key acts for the one institution that it accepts, and a proposal locks nobody.
    function testFuzz_AKeyChoosesItsInstitution(bool first, uint8 squatters) external {
        address holder = NEW_KEY;
        for (uint256 i = 0; i <= squatters % 4; ++i) {
            _done(ADMIN_2, abi.encodeCall(I.addKey, (2, holder, NOW + uint64(i), 0)));
        }
        _done(ADMIN, abi.encodeCall(I.addKey, (1, holder, 0, 0)));
        require(_registry.keyOf(holder).holder == 0 && _registry.institutionOf(1).keysInUse == 1, "pending");
        bytes32[] memory payloads = new bytes32[](1);
        bytes memory refusal = abi.encodeWithSelector(I.RegistryUnknownKey.selector, holder);
        _refused(holder, abi.encodeCall(I.anchor, (_documents(payloads))), refusal);
        (uint32 chosen, uint32 other) = first ? (1, 2) : (2, 1);
        address stranger = address(0xB9);
        refusal = abi.encodeWithSelector(I.RegistryKeyNotProposed.selector, chosen, stranger);
        _refused(stranger, abi.encodeCall(I.acceptKey, (chosen)), refusal);
        _done(holder, abi.encodeCall(I.acceptKey, (chosen)));
        require(_registry.keyOf(holder).holder == chosen, "its choice");
        refusal = abi.encodeWithSelector(I.RegistryKeyTaken.selector, chosen);
        _refused(holder, abi.encodeCall(I.acceptKey, (other)), refusal);
        refusal = abi.encodeWithSelector(I.RegistryKeyNotProposed.selector, chosen, holder);
        _refused(holder, abi.encodeCall(I.acceptKey, (chosen)), refusal);
    }

    /// @notice A proposal stands while its admin is the admin, its window is not over, and the institution is active.
    function testFuzz_ProposalsStandForTheirAdmin(uint8 cause) external {
        _done(ADMIN, abi.encodeCall(I.addKey, (1, NEW_KEY, 0, NOW + 3 days)));
        bytes memory refusal;
        if (cause % 4 == 0) {
            _done(ADMIN, abi.encodeCall(I.nameAdmin, (1, address(0xA3))));
            vm.warp(NOW + 2 days);
            _done(address(0xA3), abi.encodeCall(I.acceptAdmin, (1)));
            refusal = abi.encodeWithSelector(I.RegistryKeyNotProposed.selector, 1, NEW_KEY);
        } else if (cause % 4 == 1) {
            _done(GOVERNOR, abi.encodeCall(I.setInstitutionState, (1, 2)));
            refusal = abi.encodeWithSelector(I.RegistryInstitutionNotActive.selector, 1, 2);
        } else if (cause % 4 == 2) {
            vm.warp(NOW + 3 days);
            refusal = abi.encodeWithSelector(I.RegistryKeyWindow.selector, 0, NOW + 3 days, NOW + 3 days);
        }
        _takenUnless(refusal, NEW_KEY, abi.encodeCall(I.acceptKey, (1)));
    }

    /// @notice C13: the admin of a suspended or withdrawn institution retires and reports, adds nothing and names nobody.
    function testFuzz_AdminsOfInactiveInstitutions(uint8 state) external {
        state = 2 + (state % 2);
        _done(ADMIN, _operatorKey(1, 0, 0));
        _done(GOVERNOR, abi.encodeCall(I.setInstitutionState, (1, state)));
        bytes memory refusal = abi.encodeWithSelector(I.RegistryInstitutionNotActive.selector, 1, state);
        _refused(ADMIN, abi.encodeCall(I.addKey, (1, NEW_KEY, 0, 0)), refusal);
        _refused(ADMIN, abi.encodeCall(I.addOperatorKey, (1, 2, 4, PUBLIC_KEY, 0, 0, "possession")), refusal);
        refusal = abi.encodeWithSelector(
            IAccess.AccessControlUnauthorizedAccount.selector,
            ADMIN,
            keccak256("ACCREDITOR_ROLE")
        );
        _refused(ADMIN, abi.encodeCall(I.nameAdmin, (1, address(0xA3))), refusal);
        _done(ADMIN, abi.encodeCall(I.reportKey, (KEY, NOW)));
        _done(ADMIN, abi.encodeCall(I.reportOperatorKey, (_keyId, NOW)));
        _done(ADMIN, abi.encodeCall(I.retireKey, (KEY, 0)));
        _done(ADMIN, abi.encodeCall(I.retireOperatorKey, (_keyId, 0)));
        require(_registry.institutionOf(1).keysInUse == 0, "also the last one");
    }

    /// @notice A public key that others entered, with whatever possession, is entered by its operator all the same.
    function testFuzz_NobodyLocksAnOperatorOut(
        bytes calldata possession,
        uint8 purpose,
        uint8 kind
    ) external {
        purpose = 1 + (purpose % 3);
        bytes memory signed = possession.length == 0 ? bytes("x") : bytes(possession);
        _done(GOVERNOR, abi.encodeCall(I.addOperatorKey, (2, purpose, kind, PUBLIC_KEY, 0, 0, signed)));
        _done(ADMIN, abi.encodeCall(I.addOperatorKey, (1, purpose, kind, PUBLIC_KEY, 0, 0, "possession")));
        for (uint32 operator = 1; operator <= 2; ++operator) {
            bytes32 id = sha256(abi.encode(operator, purpose, kind, PUBLIC_KEY));
            require(_registry.operatorKeyOf(id).key.holder == operator, "each has its own");
        }
    }

    /// @notice The possession has 1 to 2,420 bytes, and the public key 1 to 1,312.
    function testFuzz_LengthsOfAnOperatorsKey(uint16 key, uint16 possession) external {
        (key, possession) = (key % 1_400, possession % 2_500);
        bytes memory refusal;
        if (key == 0 || key > 1_312) refusal = abi.encodeWithSelector(I.RegistryLength.selector, key, 1_312);
        else if (possession == 0 || possession > 2_420) {
            refusal = abi.encodeWithSelector(I.RegistryLength.selector, possession, 2_420);
        }
        bytes memory data = abi.encodeCall(
            I.addOperatorKey,
            (1, 2, 6, new bytes(key), 0, 0, new bytes(possession))
        );
        _takenUnless(refusal, ADMIN, data);
    }

    /// @notice A key belongs to one institution for ever, and the key of an operator to it and one purpose.
    function testFuzz_KeysAreTakenForEver(bool retired, bool sameHolder) external {
        _addKey(ADMIN, 1, NEW_KEY, 0, 0);
        _done(ADMIN, _operatorKey(1, 0, 0));
        if (retired) _done(ADMIN, abi.encodeCall(I.retireKey, (NEW_KEY, 0)));
        if (retired) _done(ADMIN, abi.encodeCall(I.retireOperatorKey, (_keyId, 0)));
        vm.warp(NOW + 1000);
        (uint32 id, address by) = sameHolder ? (1, ADMIN) : (2, ADMIN_2);
        bytes memory refusal = abi.encodeWithSelector(I.RegistryKeyTaken.selector, 1);
        _refused(by, abi.encodeCall(I.addKey, (id, NEW_KEY, 0, 0)), refusal);
        _refused(ADMIN, _operatorKey(1, 0, 0), refusal);
    }

    /// @notice Only the admin adds and retires; an operator of no institution has its keys kept by the accreditor.
    function testFuzz_OnlyTheirKeepers(address stranger) external {
        vm.assume(stranger != ADMIN && stranger != GOVERNOR);
        _done(ADMIN, _operatorKey(1, 0, 0));
        bytes memory refusal = abi.encodeWithSelector(I.RegistryNotAdmin.selector, 1, stranger);
        _refused(stranger, abi.encodeCall(I.addKey, (1, NEW_KEY, 0, 0)), refusal);
        _refused(stranger, abi.encodeCall(I.retireKey, (KEY, 0)), refusal);
        _refused(stranger, abi.encodeCall(I.reportKey, (KEY, NOW)), refusal);
        _refused(stranger, _operatorKey(1, 0, 0), refusal);
        _refused(stranger, abi.encodeCall(I.retireOperatorKey, (_keyId, 0)), refusal);
        _refused(stranger, abi.encodeCall(I.reportOperatorKey, (_keyId, NOW)), refusal);
    }

    function _operatorKey(uint32 operator, uint64 from, uint64 until) private pure returns (bytes memory) {
        return abi.encodeCall(I.addOperatorKey, (operator, 1, 1, PUBLIC_KEY, from, until, "possession"));
    }

    function _keyIdOf(uint32 operator) private pure returns (bytes32) {
        return sha256(abi.encode(operator, uint8(1), uint8(1), PUBLIC_KEY));
    }

    function _near(uint64 time) private pure returns (uint64) {
        return
            time % 7 == 0
                ? 0
                : time % 5 == 0
                    ? MAX_TIME - 1 + (time % 3)
                    : NOW - 2 + (time % 5);
    }
}
