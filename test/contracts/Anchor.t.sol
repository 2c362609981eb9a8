// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDocumentRegistry as I} from "../../contracts/IDocumentRegistry.sol";
import {Fixture} from "./support/Fixture.sol";
import {vm} from "./Vm.sol";

/// @notice What anchor takes, what it refuses, and that it takes all of a call or nothing.
contract AnchorTest is Fixture {
    /// @notice Every payload of every group is the entry it asks for, in order, and is held by the log.
    function testFuzz_EntriesAreThoseAskedFor(
        uint8[3] calldata kinds,
        uint8[3] calldata counts,
        uint64 until
    ) external {
        if (until != 0) until = uint64(_between(until, NOW + 1, MAX_TIME));
        uint64 index = uint64(_entries.length);
        I.Group[] memory groups = new I.Group[](3);
        for (uint256 i = 0; i < 3; ++i) groups[i] = _groupOf(_kind(kinds[i]), 1 + (counts[i] % 5), until);
        require(_done(KEY, abi.encodeCall(I.anchor, (groups))) == 3, "C4: one event a group");
        for (uint256 i = 0; i < 3; ++i) {
            for (uint256 j = 0; j < groups[i].payloads.length; ++j) {
                bytes memory entry = _entryAsked(groups[i], groups[i].payloads[j]);
                require(keccak256(_entries[index]) == keccak256(entry), "entry");
                I.Inclusion memory held = _inclusion(index++);
                require(_registry.verifyInclusion(entry, held.index, held.size, held.proof), "held");
            }
        }
        require(index == _entries.length, "nothing besides");
    }

    /// @notice Kind, algorithm, flags and scene go together in six ways, and in no other.
    function testFuzz_OnlyMeantCombinationsAreTaken(
        uint8 kind,
        uint8 algorithm,
        uint8 flags,
        uint32 scene
    ) external {
        (kind, algorithm, flags, scene) = (kind % 8, algorithm % 4, flags % 4, scene % 3);
        I.Group[] memory groups = _documents(new bytes32[](1));
        groups[0] = I.Group(kind, scene, algorithm, flags, 0, groups[0].payloads);
        groups[0].payloads[0] = "payload";
        bool document = kind == 1;
        bytes memory refusal;
        if (!document && kind != 3 && kind != 4) {
            refusal = abi.encodeWithSelector(I.RegistryUnsupportedKind.selector, kind);
        } else if (algorithm != 1 && !(document && algorithm == 2)) {
            refusal = abi.encodeWithSelector(I.RegistryUnsupportedAlgorithm.selector, kind, algorithm);
        } else if (flags != 1 && !(document && flags == 0)) {
            refusal = abi.encodeWithSelector(I.RegistryUnsupportedFlags.selector, kind, flags);
        } else if (scene != (document ? 1 : 0)) {
            refusal = abi.encodeWithSelector(I.RegistryUnknownScene.selector, kind, scene);
        }
        _takenUnless(refusal, KEY, abi.encodeCall(I.anchor, (groups)));
    }

    /// @notice An issuer records documents and consents, a verifier verifications.
    function testFuzz_EachKindNeedsItsRole(uint8 kind, uint8 roles) external {
        (kind, roles) = (_kind(kind), 1 + (roles % 3));
        _done(GOVERNOR, abi.encodeCall(I.amendInstitution, (1, _profile(roles))));
        uint8 needed = kind == 4 ? 2 : 1;
        bytes memory refusal;
        if (roles & needed == 0) {
            refusal = abi.encodeWithSelector(I.RegistryRoleMissing.selector, 1, roles, needed);
        }
        I.Group[] memory groups = new I.Group[](1);
        groups[0] = _groupOf(kind, 1, 0);
        _takenUnless(refusal, KEY, abi.encodeCall(I.anchor, (groups)));
    }

    /// @notice Documents are taken of the scenes that the institution is accredited for; the other kinds have none.
    function testFuzz_DocumentsNeedAccreditation(uint256 scenes, uint8 scene, uint8 kind) external {
        (scenes, scene, kind) = (scenes & ALL_SCENES, 1 + (scene % 3), _kind(kind));
        _done(GOVERNOR, abi.encodeCall(I.defineScene, ("second", _names(), false, false)));
        _done(GOVERNOR, abi.encodeCall(I.defineScene, ("third", _names(), false, false)));
        I.Profile memory profile = _profile(3);
        profile.scenes = scenes;
        _done(GOVERNOR, abi.encodeCall(I.amendInstitution, (1, profile)));
        I.Group[] memory groups = new I.Group[](1);
        groups[0] = _groupOf(kind, 1, 0);
        if (kind == 1) groups[0].scene = scene;
        bytes memory refusal;
        if (kind == 1 && (scenes & (1 << scene)) == 0) {
            refusal = abi.encodeWithSelector(I.RegistrySceneNotAccredited.selector, 1, scene);
        }
        _takenUnless(refusal, KEY, abi.encodeCall(I.anchor, (groups)));
    }

    /// @notice C7: one zero payload anywhere, and none of the call is recorded.
    function testFuzz_OneZeroPayloadRefusesAll(uint8 group, uint8 position, uint8 count) external {
        count = uint8(_between(count, 1, 8));
        (group, position) = (group % 3, position % count);
        I.Group[] memory groups = new I.Group[](3);
        for (uint256 i = 0; i < 3; ++i) groups[i] = _groupOf(1, count, 0);
        groups[group].payloads[position] = 0;
        bytes memory refusal = abi.encodeWithSelector(I.RegistryZeroPayload.selector, group, position);
        _refused(KEY, abi.encodeCall(I.anchor, (groups)), refusal);
    }

    /// @notice The end of validity is after the time of recording and before the year 10000.
    function testFuzz_ValidityEndsInTheFuture(uint64 until, bool near) external {
        if (near) until = uint64(_between(until, NOW - 2, NOW + 2));
        I.Group[] memory groups = new I.Group[](1);
        groups[0] = _groupOf(1, 1, until);
        bytes memory refusal;
        if (until != 0 && until <= NOW) {
            refusal = abi.encodeWithSelector(I.RegistryValidUntilPassed.selector, until, NOW);
        } else if (until > MAX_TIME) {
            refusal = abi.encodeWithSelector(I.RegistryTimeTooLate.selector, until, MAX_TIME);
        }
        _takenUnless(refusal, KEY, abi.encodeCall(I.anchor, (groups)));
    }

    /// @notice C8: whatever block times do, seconds or milliseconds, recordedAt is the greatest of them so far.
    function testFuzz_RecordedAtIsTheGreatestTimeSoFar(
        uint40[6] calldata times,
        uint8 milliseconds
    ) external {
        uint64 latest = NOW;
        for (uint256 i = 0; i < times.length; ++i) {
            uint64 time = uint64(_between(times[i], 100_000_001, 99_999_999_999));
            vm.warp((milliseconds >> i) & 1 == 1 ? uint256(time) * 1000 + 999 : time);
            _anchorOne(KEY, "payload");
            latest = time > latest ? time : latest;
            require(_replayed.lastRecordedAt == latest, "recordedAt");
        }
    }

    /// @notice C2: an address that no admin added records nothing.
    function testFuzz_StrangersRecordNothing(address stranger) external {
        vm.assume(stranger != KEY && stranger != KEY_2);
        I.Group[] memory groups = new I.Group[](1);
        groups[0] = _groupOf(1, 1, 0);
        bytes memory refusal = abi.encodeWithSelector(I.RegistryUnknownKey.selector, stranger);
        _refused(stranger, abi.encodeCall(I.anchor, (groups)), refusal);
    }

    function _kind(uint8 seed) private pure returns (uint8) {
        uint8[3] memory kinds = [1, 3, 4];
        return kinds[seed % 3];
    }

    function _groupOf(uint8 kind, uint256 count, uint64 until) private pure returns (I.Group memory group) {
        bytes32[] memory payloads = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) payloads[i] = keccak256(abi.encode(kind, i));
        if (kind == 1) return I.Group(1, 1, 2, 0, until, payloads);
        return I.Group(kind, 0, 1, 1, until, payloads);
    }

    function _entryAsked(I.Group memory g, bytes32 payload) private pure returns (bytes memory) {
        bytes memory head = abi.encodePacked(uint8(1), g.kind, g.algorithm, g.flags, uint32(1), g.scene);
        return abi.encodePacked(head, NOW, g.validUntil, payload, KEY);
    }
}
