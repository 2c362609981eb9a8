// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl as IAccess} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IAccessControlDefaultAdminRules as IRules} from "@openzeppelin/contracts/access/extensions/IAccessControlDefaultAdminRules.sol";
import {IDocumentRegistry as I} from "../../contracts/IDocumentRegistry.sol";
import {Fixture} from "./support/Fixture.sol";
import {deployRegistry} from "./support/Registry.sol";
import {vm} from "./Vm.sol";

/// @notice Answers every call with the same bytes.
contract Answers {
    bytes private _answer;

    constructor(bytes memory answer) {
        _answer = answer;
    }

    fallback(bytes calldata) external returns (bytes memory) {
        return _answer;
    }
}

/// @notice Roles, the default admin's delay, pause, successor, institutions and scenes.
contract GovernanceTest is Fixture {
    bytes32 private constant ACCREDITOR = keccak256("ACCREDITOR_ROLE");
    bytes32 private constant SCENE_KEEPER = keccak256("SCENE_ROLE");
    bytes32 private constant PAUSER = keccak256("PAUSER_ROLE");

    /// @notice Without a role nothing of it is done; with one role alone, what is its and nothing else.
    function testFuzz_EachRoleDoesItsOwn(uint160 seed, uint8 which) external {
        address account = address(uint160(_between(seed, 0x10000, type(uint160).max)));
        bytes32[4] memory roles = [bytes32(0), ACCREDITOR, SCENE_KEEPER, PAUSER];
        bytes32 granted = roles[1 + (which % 3)];
        _done(GOVERNOR, abi.encodeCall(IAccess.grantRole, (granted, account)));
        _onlyWith(granted, account, 0, abi.encodeCall(I.nameSuccessor, (address(1))));
        _onlyWith(granted, account, 0, abi.encodeCall(IAccess.grantRole, (PAUSER, account)));
        _onlyWith(granted, account, 0, abi.encodeCall(IRules.beginDefaultAdminTransfer, (account)));
        _onlyWith(granted, account, PAUSER, abi.encodeCall(I.setPaused, (true)));
        bytes memory data = abi.encodeCall(I.defineScene, ("slug", _names(), true, true));
        _onlyWith(granted, account, SCENE_KEEPER, data);
        _onlyWith(granted, account, ACCREDITOR, abi.encodeCall(I.registerInstitution, (ADMIN, _profile(1))));
        _onlyWith(granted, account, ACCREDITOR, abi.encodeCall(I.amendInstitution, (1, _profile(1))));
        _onlyWith(granted, account, ACCREDITOR, abi.encodeCall(I.setInstitutionState, (1, 2)));
        _onlyWith(granted, account, ACCREDITOR, abi.encodeCall(I.scheduleAdmin, (1, account)));
        _onlyWith(granted, account, ACCREDITOR, abi.encodeCall(I.registerOperator, (1, "operator")));
    }

    function _onlyWith(bytes32 granted, address account, bytes32 needed, bytes memory data) private {
        bytes memory refusal;
        if (granted != needed) {
            refusal = abi.encodeWithSelector(
                IAccess.AccessControlUnauthorizedAccount.selector,
                account,
                needed
            );
        }
        _takenUnless(refusal, account, data);
    }

    /// @notice There is one default admin at every moment; another becomes it after the delay, and not a second sooner.
    function testFuzz_TheDefaultAdminChangesAfterTheDelay(uint160 seed, uint32 wait) external {
        address next = address(uint160(_between(seed, 0x10000, type(uint160).max)));
        wait = uint32(_between(wait, DELAY - 3, DELAY + 3));
        bytes memory refusal = abi.encodeWithSelector(I.RegistryLastAdmin.selector);
        _refused(GOVERNOR, abi.encodeCall(IRules.beginDefaultAdminTransfer, (address(0))), refusal);
        require(_done(GOVERNOR, abi.encodeCall(IRules.beginDefaultAdminTransfer, (next))) == 0, "a schedule");
        vm.warp(NOW + wait);
        bytes memory accept = abi.encodeCall(IRules.acceptDefaultAdminTransfer, ());
        bytes memory renounce = abi.encodeCall(IAccess.renounceRole, (0, GOVERNOR));
        bytes4 early = IRules.AccessControlEnforcedDefaultAdminDelay.selector;
        refusal = abi.encodeWithSelector(early, NOW + DELAY);
        _refused(GOVERNOR, renounce, refusal);
        bytes memory stranger = abi.encodeWithSelector(
            IRules.AccessControlInvalidDefaultAdmin.selector,
            ADMIN
        );
        _refused(ADMIN, accept, stranger);
        if (wait <= DELAY) return _refused(next, accept, refusal);
        require(_done(next, accept) == 2, "one has the role no more, and one has it");
        require(_registry.defaultAdmin() == next && !_registry.hasRole(0, GOVERNOR), "the next one");
    }

    /// @notice An institution's admin is replaced after two days by the one scheduled, who alone accepts.
    function testFuzz_AnAdminIsReplacedAfterTheDelay(uint160 seed, uint32 wait, uint32 first) external {
        address next = address(uint160(_between(seed, 0x10000, type(uint160).max)));
        _done(GOVERNOR, abi.encodeCall(I.scheduleAdmin, (1, ADMIN_2)));
        vm.warp(NOW + (first % 1000));
        uint64 from = NOW + (first % 1000) + 172_800;
        _done(GOVERNOR, abi.encodeCall(I.scheduleAdmin, (1, next)));
        uint64 time = uint64(_between(wait, from - 3, from + 3));
        vm.warp(time);
        bytes memory accept = abi.encodeCall(I.acceptAdmin, (1));
        bytes4 error_ = I.RegistryAdminNotScheduled.selector;
        _refused(ADMIN_2, accept, abi.encodeWithSelector(error_, 1, ADMIN_2, from));
        _done(ADMIN, abi.encodeCall(I.addKey, (1, address(0xB3), 0, 0)));
        bytes memory refusal;
        if (time < from) refusal = abi.encodeWithSelector(error_, 1, next, from);
        _takenUnless(refusal, next, accept);
        if (time < from) return;
        _refused(next, accept, abi.encodeWithSelector(error_, 1, next, 0));
        refusal = abi.encodeWithSelector(I.RegistryNotAdmin.selector, 1, ADMIN);
        _refused(ADMIN, abi.encodeCall(I.retireKey, (KEY, 0)), refusal);
        _done(next, abi.encodeCall(I.retireKey, (KEY, 0)));
    }

    /// @notice Any sequence of states: active and suspended alternate, and withdrawn is the end.
    function testFuzz_AnySequenceOfStates(uint8[8] calldata states) external {
        uint8 present = 1;
        for (uint256 i = 0; i < states.length; ++i) {
            uint8 state = states[i] < 16 ? states[i] : 1 + (states[i] % 2);
            bool moves = state >= 1 && state <= 3 && state != present && present != 3;
            bytes memory refusal;
            if (!moves) {
                refusal = abi.encodeWithSelector(I.RegistryStateChange.selector, 1, present, state);
            }
            _takenUnless(refusal, GOVERNOR, abi.encodeCall(I.setInstitutionState, (1, state)));
            if (moves) present = state;
            require(_registry.institutionOf(1).state == present, "state");
        }
    }

    /// @notice C9: what pause, suspension and a successor stop is anchor, and nothing else.
    function testFuzz_OnlyAnchorStops(uint8 cause) external {
        uint64 index = _anchorOne(KEY, "document");
        address next = address(deployRegistry(DELAY, GOVERNOR, address(_registry)));
        bytes memory refusal = abi.encodeWithSelector(I.RegistryPaused.selector);
        if (cause % 3 == 0) {
            _done(GOVERNOR, abi.encodeCall(I.setPaused, (true)));
        } else if (cause % 3 == 1) {
            _done(GOVERNOR, abi.encodeCall(I.setInstitutionState, (1, 2)));
            refusal = abi.encodeWithSelector(I.RegistryInstitutionNotActive.selector, 1, 2);
        } else {
            _done(GOVERNOR, abi.encodeCall(I.nameSuccessor, (next)));
            refusal = abi.encodeWithSelector(I.RegistryHasSuccessor.selector, next);
        }
        bytes32[] memory payloads = new bytes32[](1);
        _refused(KEY, abi.encodeCall(I.anchor, (_documents(payloads))), refusal);
        _done(KEY, _withoutSuccessor(index, 2));
        _done(ADMIN, abi.encodeCall(I.addKey, (1, address(0xB3), 0, 0)));
        _done(ADMIN, abi.encodeCall(I.retireKey, (KEY, 0)));
        _done(GOVERNOR, abi.encodeCall(I.reportKey, (KEY, NOW)));
        _done(GOVERNOR, abi.encodeCall(I.amendInstitution, (1, _profile(1))));
        _done(GOVERNOR, abi.encodeCall(I.registerOperator, (1, "operator")));
        _done(GOVERNOR, abi.encodeCall(I.defineScene, ("slug", _names(), true, true)));
    }

    /// @notice A successor answers with this registry as its predecessor; whatever else answers, or nothing, is refused.
    function testFuzz_OnlyARegistryThatContinuesThisSucceeds(bytes calldata answer, address any) external {
        bytes memory right = abi.encode(address(_registry), address(0));
        vm.assume(keccak256(answer) != keccak256(right));
        vm.assume(any.code.length == 0);
        address[4] memory others = [
            any,
            address(new Answers(answer)),
            address(new Answers(abi.encode(any, address(_registry)))),
            address(deployRegistry(DELAY, GOVERNOR, any))
        ];
        for (uint256 i = 0; i < others.length; ++i) {
            bytes memory refusal = abi.encodeWithSelector(I.RegistryNotASuccessor.selector, others[i]);
            _refused(GOVERNOR, abi.encodeCall(I.nameSuccessor, (others[i])), refusal);
        }
        address next = address(deployRegistry(DELAY, GOVERNOR, address(_registry)));
        _done(GOVERNOR, abi.encodeCall(I.nameSuccessor, (next)));
        bytes memory once = abi.encodeWithSelector(I.RegistryHasSuccessor.selector, next);
        _refused(GOVERNOR, abi.encodeCall(I.nameSuccessor, (next)), once);
    }

    /// @notice A slug is 1 to 64 of a-z, 0-9 and "-", and names one scene.
    function testFuzz_Slugs(bytes calldata text, bool plain) external {
        bytes memory slug = text.length > 70 ? text[:70] : text;
        bool valid = slug.length != 0 && slug.length <= 64;
        bytes memory alphabet = "abcdefghijklmnopqrstuvwxyz0123456789-";
        for (uint256 i = 0; i < slug.length; ++i) {
            if (plain) slug[i] = alphabet[uint8(slug[i]) % 37];
            uint8 c = uint8(slug[i]);
            valid = valid && ((c >= 97 && c <= 122) || (c >= 48 && c <= 57) || c == 45);
        }
        bytes memory data = abi.encodeCall(I.defineScene, (string(slug), _names(), plain, !plain));
        bytes memory refusal;
        if (!valid) refusal = abi.encodeWithSelector(I.RegistrySlugMalformed.selector, slug);
        _takenUnless(refusal, GOVERNOR, data);
        if (!valid) return;
        require(_registry.sceneOf(string(slug)) == 2, "its id");
        _refused(GOVERNOR, data, abi.encodeWithSelector(I.RegistrySlugTaken.selector, slug, 2));
    }

    /// @notice Each text of a profile is held to its own length.
    function testFuzz_LengthsOfTexts(uint16[5] calldata lengths) external {
        uint16[5] memory max = [16, 64, 256, 256, 256];
        string[5] memory texts;
        bytes memory refusal;
        for (uint256 i = 0; i < 5; ++i) {
            uint256 length = lengths[i] % (max[i] + max[i] / 16 + 1);
            texts[i] = new string(length);
            if (refusal.length == 0 && (length == 0 || length > max[i])) {
                refusal = abi.encodeWithSelector(I.RegistryLength.selector, length, max[i]);
            }
        }
        I.Profile memory profile = I.Profile(1, texts[0], texts[1], I.Names(texts[2], texts[3], texts[4]));
        _takenUnless(refusal, GOVERNOR, abi.encodeCall(I.amendInstitution, (1, profile)));
        if (refusal.length != 0) require(_registry.institutionOf(1).roles == 3, "nothing was changed");
    }

    /// @notice C12: no ether is taken, whatever comes with it.
    function testFuzz_TakesNoEther(bytes calldata data, uint96 value) external {
        vm.deal(address(this), type(uint96).max);
        (bool taken, ) = address(_registry).call{value: uint256(value) + 1}(data);
        require(!taken && address(_registry).balance == 0, "C12");
    }

    /// @notice C12: the code has no instruction that runs another's code in its place, or ends it.
    function test_NoDelegatecallAndNoSelfdestruct() external view {
        bytes memory code = address(_registry).code;
        uint256 metadata = (uint256(uint8(code[code.length - 2])) << 8) + uint8(code[code.length - 1]) + 2;
        for (uint256 i = 0; i < code.length - metadata; ++i) {
            uint8 op = uint8(code[i]);
            require(op != 0xf4 && op != 0xf2 && op != 0xff, "C12");
            if (op >= 0x60 && op <= 0x7f) i += op - 0x5f;
        }
    }
}
