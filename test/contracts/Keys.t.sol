// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDocumentRegistry as I} from "../../contracts/IDocumentRegistry.sol";
import {Fixture} from "./support/Fixture.sol";
import {vm} from "./Vm.sol";

/// @notice Windows, retirement and compromise of keys, of institutions and of operators alike.
contract KeysTest is Fixture {
    address private constant NEW_KEY = address(0xB3);
    bytes private constant PUBLIC_KEY = "an operator's public key";
    bytes32 private _keyId = sha256(PUBLIC_KEY);

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
        _takenUnless(refusal, ADMIN, _operatorKey(1, from, until));
    }

    /// @notice C2: a key writes, and holderAt names its institution, in [from, until) and at no other time.
    function testFuzz_AKeyActsInItsWindow(uint32 from, uint32 length, uint32 later) external {
        uint64 start = NOW + (from % 100);
        uint64 until = start + 1 + (length % 100);
        uint64 time = NOW + (later % 250);
        _done(ADMIN, abi.encodeCall(I.addKey, (1, NEW_KEY, start, until)));
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
        _done(ADMIN, abi.encodeCall(I.addKey, (1, NEW_KEY, 0, until)));
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

    /// @notice In whatever order keys are retired, and retired again earlier: one is left, until the institution is withdrawn.
    function testFuzz_OneKeyIsLeft(uint8[10] calldata turns, bool withdrawn) external {
        bool[4] memory retired;
        uint256 inUse = 4;
        for (uint160 i = 1; i < 4; ++i) _done(ADMIN, abi.encodeCall(I.addKey, (1, address(0xB00 + i), 0, 0)));
        if (withdrawn) _done(GOVERNOR, abi.encodeCall(I.setInstitutionState, (1, 3)));
        for (uint64 i = 0; i < turns.length; ++i) {
            uint256 turn = turns[i] % 4;
            address key = turn == 0 ? KEY : address(uint160(0xB00 + turn));
            bytes memory refusal;
            if (!withdrawn && inUse == 1 && !retired[turn]) {
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

    /// @notice A key belongs to one institution for ever, and a public key to one operator.
    function testFuzz_KeysAreTakenForEver(bool retired, bool sameHolder) external {
        _done(ADMIN, abi.encodeCall(I.addKey, (1, NEW_KEY, 0, 0)));
        _done(ADMIN, _operatorKey(1, 0, 0));
        if (retired) _done(ADMIN, abi.encodeCall(I.retireKey, (NEW_KEY, 0)));
        if (retired) _done(ADMIN, abi.encodeCall(I.retireOperatorKey, (_keyId, 0)));
        vm.warp(NOW + 1000);
        (uint32 id, address by) = sameHolder ? (1, ADMIN) : (2, ADMIN_2);
        bytes memory refusal = abi.encodeWithSelector(I.RegistryKeyTaken.selector, 1);
        _refused(by, abi.encodeCall(I.addKey, (id, NEW_KEY, 0, 0)), refusal);
        _refused(sameHolder ? ADMIN : GOVERNOR, _operatorKey(id, 0, 0), refusal);
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
        return abi.encodeCall(I.addOperatorKey, (operator, 1, 1, PUBLIC_KEY, from, until));
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
