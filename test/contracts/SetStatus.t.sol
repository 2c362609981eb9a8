// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDocumentRegistry as I} from "../../contracts/IDocumentRegistry.sol";
import {Fixture} from "./support/Fixture.sol";
import {deployRegistry} from "./support/Registry.sol";
import {vm} from "./Vm.sol";

/// @notice Statuses by proof: what is shown of a document, and by whom.
contract SetStatusTest is Fixture {
    uint64 private _document;
    uint64 private _other;

    function setUp() public override {
        super.setUp();
        _document = _anchorOne(KEY, "document");
        _other = _anchorOne(KEY, "another");
        _anchorOne(KEY_2, "of institution 2");
    }

    /// @notice C3: any sequence of actions moves as the state machine does, and stops for good at revoked and superseded.
    function testFuzz_AnySequenceOfActions(uint8[12] calldata actions) external {
        uint8 present = 0;
        for (uint256 i = 0; i < actions.length; ++i) {
            // suspend and reinstate three times as often as the others
            uint8 action =
                actions[i] % 8 < 6
                    ? 2 + (actions[i] % 2)
                    : actions[i] % 8 == 6
                        ? 1
                        : 4;
            bytes memory refusal;
            if (present == 1 || present == 4) {
                refusal = abi.encodeWithSelector(I.RegistryEntryFinal.selector, _document, present);
            } else if (action == (present == 2 ? 2 : 3)) {
                refusal = abi.encodeWithSelector(I.RegistryStatusUnchanged.selector, _document, action);
            }
            I.Inclusion memory successor;
            if (action == 4) successor = _inclusion(_other);
            _takenUnless(refusal, KEY, _status(_inclusion(_document), action, successor));
            if (refusal.length == 0) present = action;
            require(_registry.statusOf(_document).action == present, "status");
        }
        require(_registry.statusOf(_other).action == 0, "nothing happened to the successor");
    }

    /// @notice A proof under any root that the registry has holds; one under any other size does not.
    function testFuzz_AnyRecordedSizeProves(uint8 documents, uint64 size) external {
        for (uint256 i = 0; i < documents % 8; ++i) {
            bytes32[] memory payloads = new bytes32[](1 + i);
            for (uint256 j = 0; j <= i; ++j) payloads[j] = keccak256(abi.encode(i, j));
            _done(KEY, abi.encodeCall(I.anchor, (_documents(payloads))));
        }
        size = uint64(_between(size, _document + 1, _entries.length + 1));
        I.Inclusion memory none;
        I.Inclusion memory document = size > _entries.length ? none : _inclusion(_document, size);
        (document.entry, document.index, document.size) = (_entries[_document], _document, size);
        bytes memory refusal;
        if (_rootsThen[size] == 0) refusal = abi.encodeWithSelector(I.RegistryUnknownSize.selector, size);
        _takenUnless(refusal, KEY, _status(document, 1, none));
    }

    /// @notice One bit of the entry or of its proof, and nothing is shown.
    function testFuzz_OneBitAndNothingIsShown(uint16 bit) external {
        I.Inclusion memory document = _inclusion(_document);
        uint256 bits = 640 + 256 * document.proof.length;
        bit = uint16(bit % bits);
        if (bit < 640) document.entry[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        else document.proof[(bit - 640) / 256] ^= bytes32(1 << (bit % 256));
        bytes memory refusal =
            bit < 8
                ? abi.encodeWithSelector(I.RegistryEntryMalformed.selector, 80)
                : abi.encodeWithSelector(I.RegistryProofInvalid.selector, _document, document.size);
        I.Inclusion memory none;
        _refused(KEY, _status(document, 1, none), refusal);
        require(
            !_registry.verifyInclusion(document.entry, document.index, document.size, document.proof),
            "verifyInclusion"
        );
    }

    /// @notice A proof shows an entry at its own index, of its own length, and nowhere else.
    function testFuzz_OtherIndexesAndLengthsShowNothing(uint64 index, uint8 length) external {
        I.Inclusion memory document = _inclusion(_document);
        I.Inclusion memory none;
        document.index = index;
        bytes memory refusal = abi.encodeWithSelector(I.RegistryProofInvalid.selector, index, document.size);
        if (index != _document) _refused(KEY, _status(document, 1, none), refusal);
        bytes32[] memory proof = new bytes32[](length);
        for (uint256 i = 0; i < length && i < document.proof.length; ++i) proof[i] = document.proof[i];
        refusal = abi.encodeWithSelector(I.RegistryProofInvalid.selector, _document, document.size);
        if (length == document.proof.length) refusal = "";
        (document.index, document.proof) = (_document, proof);
        _takenUnless(refusal, KEY, _status(document, 1, none));
    }

    /// @notice Documents have statuses, and consents are revoked; nothing else has one.
    function testFuzz_OnlyDocumentsHaveStatuses(uint64 index, uint8 action) external {
        uint64 consent = _consent();
        I.Group[] memory groups = _documents(new bytes32[](1));
        groups[0] = I.Group(4, 0, 1, 1, 0, groups[0].payloads);
        groups[0].payloads[0] = "verification";
        _done(KEY, abi.encodeCall(I.anchor, (groups)));
        _done(KEY, _withoutSuccessor(_other, 1));
        (index, action) = (uint64(_between(index, 0, _entries.length - 1)), uint8(1 + (action % 4)));
        uint8 kind = uint8(_entries[index][1]);
        if (kind == 1) return;
        bytes memory refusal = abi.encodeWithSelector(I.RegistryNotADocument.selector, index, kind);
        if (kind == 3 && action == 1) refusal = "";
        _takenUnless(refusal, KEY, _withoutSuccessor(index, action));
        if (refusal.length != 0) return;
        require(index == consent && _registry.statusOf(consent).action == 1, "revoked");
        refusal = abi.encodeWithSelector(I.RegistryEntryFinal.selector, consent, 1);
        _refused(KEY, _withoutSuccessor(consent, 1), refusal);
    }

    /// @notice A consent is revoked while the registry is paused, succeeded, or the institution suspended; not if withdrawn.
    function testFuzz_ConsentsAreRevokedAlways(uint8 cause, bool byGovernance) external {
        uint64 consent = _consent();
        cause = cause % 4;
        address next = address(deployRegistry(DELAY, GOVERNOR, address(_registry)));
        if (cause == 0) _done(GOVERNOR, abi.encodeCall(I.setPaused, (true)));
        if (cause == 1) _done(GOVERNOR, abi.encodeCall(I.nameSuccessor, (next)));
        if (cause > 1) _done(GOVERNOR, abi.encodeCall(I.setInstitutionState, (1, cause)));
        bytes memory refusal;
        if (byGovernance && cause < 2)
            refusal = abi.encodeWithSelector(I.RegistryInstitutionActive.selector, 1);
        if (!byGovernance && cause == 3) {
            refusal = abi.encodeWithSelector(I.RegistryInstitutionNotActive.selector, 1, 3);
        }
        _takenUnless(refusal, byGovernance ? GOVERNOR : KEY, _withoutSuccessor(consent, 1));
    }

    /// @notice A consent takes no document's place, and no document a consent's.
    function test_ConsentsSupersedeNothing() external {
        uint64 consent = _consent();
        bytes memory refusal = abi.encodeWithSelector(I.RegistryNotADocument.selector, consent, 3);
        _refused(KEY, _status(_inclusion(_document), 4, _inclusion(consent)), refusal);
        _refused(KEY, _status(_inclusion(consent), 4, _inclusion(_document)), refusal);
    }

    function _consent() private returns (uint64 index) {
        index = uint64(_entries.length);
        I.Group[] memory groups = _documents(new bytes32[](1));
        groups[0] = I.Group(3, 0, 1, 1, 0, groups[0].payloads);
        groups[0].payloads[0] = "consent";
        _done(KEY, abi.encodeCall(I.anchor, (groups)));
    }

    /// @notice C13: keys of a suspended institution suspend its documents, and nothing else; those of a withdrawn one nothing.
    function testFuzz_InactiveInstitutionsOnlySuspend(uint8 state, uint8 action, bool suspended) external {
        (state, action) = (2 + (state % 2), 1 + (action % 4));
        if (suspended) _done(KEY, _withoutSuccessor(_document, 2));
        _done(GOVERNOR, abi.encodeCall(I.setInstitutionState, (1, state)));
        bytes memory refusal;
        if (state == 3 || action != 2) {
            refusal = abi.encodeWithSelector(I.RegistryInstitutionNotActive.selector, 1, state);
        } else if (suspended) {
            refusal = abi.encodeWithSelector(I.RegistryStatusUnchanged.selector, _document, 2);
        }
        I.Inclusion memory successor;
        if (action == 4) successor = _inclusion(_other);
        _takenUnless(refusal, KEY, _status(_inclusion(_document), action, successor));
    }

    /// @notice A document is its institution's; governance acts for one that is not active, which lifts nothing.
    function testFuzz_OnlyTheOwnerOrGovernance(uint8 state, uint8 action, address stranger) external {
        vm.assume(stranger != KEY && stranger != KEY_2 && stranger != GOVERNOR);
        (state, action) = (1 + (state % 3), 1 + (action % 2));
        if (state != 1) _done(GOVERNOR, abi.encodeCall(I.setInstitutionState, (1, state)));
        bytes memory data = _withoutSuccessor(_document, action);
        _refused(stranger, data, abi.encodeWithSelector(I.RegistryUnknownKey.selector, stranger));
        bytes memory refusal = abi.encodeWithSelector(I.RegistryNotYourEntry.selector, _document, 1, 2);
        _refused(KEY_2, data, refusal);
        refusal = "";
        if (state == 1) refusal = abi.encodeWithSelector(I.RegistryInstitutionActive.selector, 1);
        _takenUnless(refusal, GOVERNOR, data);
        if (state == 1) return _checkTaken(action, 1);
        _checkTaken(action, 0);
        refusal = abi.encodeWithSelector(I.RegistryInstitutionNotActive.selector, 1, state);
        _refused(KEY, _withoutSuccessor(_document, 3), refusal);
    }

    /// @notice A successor is another document of the same institution that is not itself withdrawn.
    function testFuzz_SuccessorsStand(uint64 index, uint8 action) external {
        action = 1 + (action % 3);
        if (action == 3) _done(KEY, _withoutSuccessor(_other, 2));
        _done(KEY, _withoutSuccessor(_other, action));
        index = uint64(_between(index, _document, _document + 2));
        bytes memory refusal;
        if (index == _document) {
            refusal = abi.encodeWithSelector(I.RegistrySuccessorIsItself.selector, index);
        } else if (index > _other) {
            refusal = abi.encodeWithSelector(I.RegistryNotYourEntry.selector, index, 2, 1);
        } else if (action != 3) {
            refusal = abi.encodeWithSelector(I.RegistrySuccessorWithdrawn.selector, index, action);
        }
        _takenUnless(refusal, KEY, _status(_inclusion(_document), 4, _inclusion(index)));
    }

    /// @dev By the owner, where governance was refused; and in the name of `institution` either way.
    function _checkTaken(uint8 action, uint32 institution) private {
        if (institution == 1) _done(KEY, _withoutSuccessor(_document, action));
        I.Status memory status = _registry.statusOf(_document);
        require(status.action == action && status.institution == institution, "in whose name");
    }
}
